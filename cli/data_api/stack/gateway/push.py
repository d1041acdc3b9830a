"""Makes the Envoy listener between Pub/Sub and the functions, which does what Cloud Run's front end does in the cloud.

While an instance starts, Cloud Run holds its requests. On a laptop the connections would fail, and the emulator, which
pushes one message at a time, would slow down to about 15 messages a second once a few hundred wait for their retry. So
a push is held until the function accepts the connection. The function's response is passed on unchanged.
"""

from dataclasses import dataclass
from typing import Any

# A push whose connection fails is tried every half second, as long as the subscription waits for a response.
TIMEOUT = 60  # seconds; the subscription's acknowledgement deadline
BACKOFF = {"base_interval": "0.25s", "max_interval": "0.5s"}
RETRIES = 2 * TIMEOUT

DEAD_LETTER_PATH = "/dead-letter"  # of the pushes of dead letters; those of records have the path /


@dataclass(frozen=True, slots=True)
class PushTargets:
    """The port that receives the pushes, and the functions that they are for."""

    port: int
    records: str
    dead_letters: str


def push_listener(targets: PushTargets) -> dict[str, Any]:
    """The configuration of the connection manager."""
    router = {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    }
    return {
        "stat_prefix": "push",
        "route_config": {
            "name": "push",
            "virtual_hosts": [
                {
                    "name": "functions",
                    "domains": ["*"],
                    "routes": [_route(targets.dead_letters, DEAD_LETTER_PATH), _route(targets.records, "/")],
                }
            ],
        },
        "http_filters": [router],
    }


def _route(function: str, path: str) -> dict[str, Any]:
    return {
        "match": {"path": path},
        "route": {
            "cluster": function,
            "prefix_rewrite": "/",
            "timeout": f"{TIMEOUT}s",
            "retry_policy": {"retry_on": "connect-failure", "num_retries": RETRIES, "retry_back_off": BACKOFF},
        },
    }
