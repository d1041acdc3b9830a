"""Finds free ports, and checks whether something listens on a port.

Two cases need care. A free port may be taken a moment later, so all ports are requested at once. A connection to a free
port can, rarely, connect to itself; then nothing listens there.
"""

import contextlib
import socket

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8080  # of the gateway


def free_ports(count: int) -> list[int]:
    """This number of different free ports."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for unbound in sockets:
            unbound.bind((LOOPBACK, 0))
        return [bound.getsockname()[1] for bound in sockets]


def is_free(port: int) -> bool:
    """Whether a server could listen there; raises PermissionError if the port needs more permissions."""
    with socket.socket() as candidate:
        # As servers do, because old connections may still be in the state TIME_WAIT.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return not accepts(LOOPBACK, port)  # on macOS, bind works although another server listens on all addresses


def accepts(host: str, port: int, timeout: float = 1.0) -> bool:
    """Whether a server accepts a connection there."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            return not is_connected_to_itself(connection)
    except OSError:
        return False


def is_connected_to_itself(connection: socket.socket) -> bool:
    """Whether both ends of the connection are the same socket."""
    return bool(connection.getsockname() == connection.getpeername())
