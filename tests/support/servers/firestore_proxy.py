"""Forwards Firestore's RPCs to an emulator, except the methods that a test answers itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from data_api.shared import ports

_SERVICE = "google.firestore.v1.Firestore"
_UNARY = ("Commit", "BatchWrite")
_STREAMING = ("BatchGetDocuments", "RunQuery")
_OWNER = (("authorization", "Bearer owner"),)  # to whom the emulator allows everything
Answer = Callable[[grpc.ServicerContext], bytes]
Handler = Callable[[bytes, grpc.ServicerContext], Any]


@dataclass
class FirestoreProxy:
    """`answers` is by the method's name, as in Commit."""

    host: str = ""  # and port
    answers: dict[str, Answer] = field(default_factory=dict)


@contextmanager
def firestore_proxy(emulator_host: str) -> Iterator[FirestoreProxy]:
    """A proxy on a loopback port for the block."""
    proxy = FirestoreProxy()
    with grpc.insecure_channel(emulator_host) as emulator, ThreadPoolExecutor(4) as threads:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers([_handlers(proxy, emulator)])
        proxy.host = f"{ports.LOOPBACK}:{server.add_insecure_port(f'{ports.LOOPBACK}:0')}"
        server.start()
        try:
            yield proxy
        finally:
            server.stop(None).wait()


def _handlers(proxy: FirestoreProxy, emulator: grpc.Channel) -> "grpc.GenericRpcHandler[Any, Any]":
    unary = {name: grpc.unary_unary_rpc_method_handler(_unary(proxy, emulator, name)) for name in _UNARY}
    streaming = {name: grpc.unary_stream_rpc_method_handler(_streaming(emulator, name)) for name in _STREAMING}
    return grpc.method_handlers_generic_handler(_SERVICE, {**unary, **streaming})


def _unary(proxy: FirestoreProxy, emulator: grpc.Channel, name: str) -> Handler:
    forward = emulator.unary_unary(f"/{_SERVICE}/{name}", None, None)

    def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
        answer = proxy.answers.get(name)
        return answer(context) if answer else forward(request, metadata=_OWNER)

    return handle


def _streaming(emulator: grpc.Channel, name: str) -> Handler:
    forward = emulator.unary_stream(f"/{_SERVICE}/{name}", None, None)
    return lambda request, _context: forward(request, metadata=_OWNER)
