"""Renders a proxy between `persist` and Firestore that rejects writes that contain a certain text.

Owns what `data-api up --refuse-storing TEXT` adds to the gateway's process: a poison record that the schema accepts,
for people and tests that want to see one die and come back. It answers as Firestore does to what it cannot keep:
INVALID_ARGUMENT to the whole request, whichever other records share it. The text is in a file; when the file is
removed, every write passes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_api.stack.emulators.emulator_processes import split

CLUSTER = "storage"
FILE = "refuse-storing"  # in the stack's folder
BUFFER = 16 * 2**20  # bytes of the listener: a request is held until it is read whole, and `persist` sends 4 MB at most
_TIMEOUT = "60s"  # the function's own deadline is far shorter
_INVALID_ARGUMENT = 3  # google.rpc.Code
_HTTP2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "explicit_http_config": {"http2_protocol_options": {}},
}

# Protobuf keeps a text as it is, and gRPC sends it uncompressed: it can be looked for in the request.
_REFUSE = """
function envoy_on_request(handle)
  local file = io.open({path}, "rb")
  if not file then return end
  local text = file:read("*a")
  file:close()
  if text == "" or handle:headers():get(":path") ~= "/google.firestore.v1.Firestore/BatchWrite" then return end
  local body = handle:body()
  if body and string.find(body:getBytes(0, body:length()), text, 1, true) then
    handle:respond({{[":status"] = "200", ["content-type"] = "application/grpc", ["grpc-status"] = "{code}",
      ["grpc-message"] = "refused by data-api up --refuse-storing"}}, "")
  end
end
"""


@dataclass(frozen=True)
class Storage:
    """The way to storage: where it begins, where it leads, and the file that says what is refused on it."""

    port: int
    firestore: str  # the emulator's host:port
    file: Path


def storage_manager(storage: Storage) -> dict[str, Any]:
    """The connection manager's configuration."""
    script = _REFUSE.format(path=_quoted(str(storage.file)), code=_INVALID_ARGUMENT)
    route = {"match": {"prefix": "/"}, "route": {"cluster": CLUSTER, "timeout": _TIMEOUT}}
    return {
        "stat_prefix": CLUSTER,
        "route_config": {
            "name": CLUSTER,
            "virtual_hosts": [{"name": "firestore", "domains": ["*"], "routes": [route]}],
        },
        "http_filters": [
            _filter("lua", "Lua", {"default_source_code": {"inline_string": script}}),
            _filter("router", "Router", {}),
        ],
    }


def storage_cluster(storage: Storage) -> dict[str, Any]:
    """Firestore's emulator."""
    address, port = split(storage.firestore)
    endpoint = {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}
    return {
        "name": CLUSTER,
        "type": "STRICT_DNS",  # the user's own emulator may be named
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _HTTP2},
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _filter(name: str, message: str, configuration: dict[str, Any]) -> dict[str, Any]:
    type_ = f"type.googleapis.com/envoy.extensions.filters.http.{name}.v3.{message}"
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": type_, **configuration}}


def _quoted(text: str) -> str:
    """A string of Lua's, whatever characters it holds."""
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'
