"""Makes the Envoy filter that enforces a quota of requests a minute for each API key.

Owns the valid keys, the counting, and the answers to a request without a key, with an invalid key, or over the quota,
which are ESPv2's own texts. The routes that need a token also need a key; the routes' metadata says which. The cloud
counts by project over all replicas of its gateway, approximately; this filter counts exactly.
"""

from collections.abc import Mapping

from data_api.shared.contract import Json
from data_api.shared.errors import CliError

PER_MINUTE = "DATA_API_QUOTA_PER_MINUTE"  # in the cloud it is the setting quotaPerMinute
KEY = "local"  # also local-1, local-two …: each key has its own quota, like a project in the cloud
PAGE_KEY = f"{KEY}-page"  # of the web page
# Metadata of a route whose requests need a key and are counted.
COUNTED: Json = {"filter_metadata": {"envoy.filters.http.lua": {"counted": True}}}


def per_minute(environ: Mapping[str, str]) -> int:
    """The quota in the environment; 0 means no quota. Raises CliError if it is not a number."""
    value = environ.get(PER_MINUTE, "").strip() or "0"
    if not (value.isascii() and value.isdecimal()):
        raise CliError(f"{PER_MINUTE} is {value!r}: set it to a number of requests, or unset it for no quota.")
    return int(value)


def quota_script(quota: int) -> str:
    """The filter's Lua code. It runs after the check of tokens: requests without a valid token are not counted."""
    return f"""
local minute, counts = 0, {{}}

local function refuse(handle, status, text)
  handle:respond({{[":status"] = status}}, text)
end

function envoy_on_request(handle)
  if not handle:metadata():get("counted") then
    return
  end
  local key = handle:headers():get("x-api-key")
  if not key then
    return refuse(handle, "401", "UNAUTHENTICATED: Method doesn't allow unregistered callers (callers without " ..
      "established identity). Please use API Key or other form of API consumer identity to call this API.")
  end
  if not (key == "{KEY}" or key:match("^{KEY}%-%w+$")) then
    return refuse(handle, "400", "INVALID_ARGUMENT: API key not valid. Please pass a valid API key.")
  end
  local now = math.floor(os.time() / 60)
  if now ~= minute then
    minute, counts = now, {{}}
  end
  counts[key] = (counts[key] or 0) + 1
  if counts[key] > {quota} then
    refuse(handle, "429", "RESOURCE_EXHAUSTED: Quota exceeded for the project of this API key: " ..
      "{quota} requests per minute.")
  end
end
"""
