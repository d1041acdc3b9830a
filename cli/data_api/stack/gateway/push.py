"""Renders the way of a push from Pub/Sub to its function: what Cloud Run's front end does in the cloud.

While an instance starts, Cloud Run holds its requests; on a laptop they would be refused, and the emulator, which
pushes one message at a time, would fall to some fifteen a second once a few hundred of them wait for their retry.
So a push is held until the function takes the connection. What the function answers passes as it is.
"""

from typing import Any

# A push whose connection is refused is tried every half second, for as long as a subscription waits for an answer.
TIMEOUT = 60  # seconds; the subscription's acknowledgement deadline
PAUSES = {"base_interval": "0.25s", "max_interval": "0.5s"}
TRIES = 2 * TIMEOUT


DEAD_LETTER = "/dead-letter"  # the path of what goes to that function; all else is persist's


def push_listener() -> dict[str, Any]:
    """The connection manager's configuration."""
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
                    "routes": [_to("dead-letter", DEAD_LETTER), _to("persist", "/")],
                }
            ],
        },
        "http_filters": [router],
    }


def _to(function: str, path: str) -> dict[str, Any]:
    return {
        "match": {"path": path},
        "route": {
            "cluster": function,
            "prefix_rewrite": "/",
            "timeout": f"{TIMEOUT}s",
            "retry_policy": {"retry_on": "connect-failure", "num_retries": TRIES, "retry_back_off": PAUSES},
        },
    }
