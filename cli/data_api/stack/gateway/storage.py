"""Makes an Envoy proxy between `persist` and Firestore that rejects writes with a certain text.

`data-api up --refuse-storing TEXT` adds it to the gateway's process, so that people and tests can see how a valid
record becomes a dead letter and is replayed. It answers like Firestore for a record that it cannot store:
INVALID_ARGUMENT for the whole request, including the other records in it. The text is in a file; without the file,
every write passes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_api.stack.emulators.emulator_processes import split_host

CLUSTER = "storage"
FILE = "refuse-storing"  # in the stack's folder
BUFFER = 16 * 2**20  # bytes; the listener reads a whole request before passing it on, and `persist` sends at most 4 MB
_TIMEOUT = "60s"  # the function's own deadline is far shorter
_INVALID_ARGUMENT = 3  # google.rpc.Code
_HTTP2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "explicit_http_config": {"http2_protocol_options": {}},
}

# Protobuf does not encode text, and gRPC sends it uncompressed, so the text can be searched for in the request.
_REJECT_SCRIPT = """
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
    """The addresses of the proxy, and the file with the text of the records to reject."""

    port: int  # of the proxy
    firestore: str  # the emulator's host:port
    file: Path


def storage_manager(storage: Storage) -> dict[str, Any]:
    """The configuration of the connection manager."""
    script = _REJECT_SCRIPT.format(path=_lua_string(str(storage.file)), code=_INVALID_ARGUMENT)
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
    """The cluster of the Firestore emulator."""
    address, port = split_host(storage.firestore)
    endpoint = {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}
    return {
        "name": CLUSTER,
        "type": "STRICT_DNS",  # the user's own emulator may have a host name instead of an address
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _HTTP2},
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _filter(name: str, message: str, configuration: dict[str, Any]) -> dict[str, Any]:
    type_ = f"type.googleapis.com/envoy.extensions.filters.http.{name}.v3.{message}"
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": type_, **configuration}}


def _lua_string(text: str) -> str:
    """The text as a string literal of Lua."""
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'
