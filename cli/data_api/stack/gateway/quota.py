"""Renders the quota of API keys as an Envoy filter: each key's project has so many requests a minute.

Owns which keys the local gateway knows, the counting, and what is said to a request without a key, with a wrong one, or
over the quota: ESPv2's own texts. What needs a key is what needs a token; each route says so of itself. The cloud
counts by project over all replicas of its gateway, and softly; this one counts exactly.
"""

from collections.abc import Mapping

from data_api.shared.contract import Json
from data_api.shared.errors import CliError

PER_MINUTE = "DATA_API_QUOTA_PER_MINUTE"  # what the setting quotaPerMinute is in the cloud
KEY = "local"  # and local-1, local-two …: each is a project of its own
# Says of a route that its requests need a key and are counted.
COUNTED: Json = {"filter_metadata": {"envoy.filters.http.lua": {"counted": True}}}


def per_minute(environ: Mapping[str, str]) -> int:
    """The quota that the environment asks for; 0 means no quota. Raises CliError for anything else."""
    value = environ.get(PER_MINUTE, "").strip() or "0"
    if not (value.isascii() and value.isdecimal()):
        raise CliError(f"{PER_MINUTE} is {value!r}: set it to a number of requests, or to nothing for no quota.")
    return int(value)


def quota_script(quota: int) -> str:
    """The filter's source. It runs after the tokens are verified: a request without a valid token is not counted."""
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
