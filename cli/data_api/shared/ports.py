"""Finds free ports, and says whether something listens on one.

Owns the two traps: a port that is free now may be taken a moment later, so all are asked for at once; and a
connection to a free port can, rarely, connect to itself, which is nobody listening.
"""

import contextlib
import socket

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8080  # the gateway's, unless the user names another


def free_ports(count: int) -> list[int]:
    """Different ports that the operating system has free."""
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for unbound in sockets:
            unbound.bind((LOOPBACK, 0))
        return [socket.getsockname()[1] for socket in sockets]


def is_free(port: int) -> bool:
    """Whether a server could listen there; refuses with PermissionError a port that needs more rights."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: old connections may linger
        try:
            tried.bind((LOOPBACK, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return not accepts(LOOPBACK, port)  # macOS lets one bind beside a server that listens on all addresses


def accepts(host: str, port: int, timeout: float = 1.0) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as opened:
            return not is_its_own(opened)
    except OSError:
        return False


def is_its_own(opened: socket.socket) -> bool:
    """Whether this connection has nobody at its other end but itself."""
    return bool(opened.getsockname() == opened.getpeername())
