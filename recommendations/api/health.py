"""gRPC's health service, with its own executor and with Watch streams that the server can end."""

import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from protobufs import recommendations_pb2 as pb

SERVICE: str = pb.DESCRIPTOR.services_by_name["Recommendations"].full_name
"""SERVING while there is a model; so is the whole server."""

DATABASE = f"{SERVICE}.Database"
"""SERVING while the database was read recently, so that answers are up to date."""

Send = Callable[[Any], None]


class Health:
    """The health service; it runs on `executor`, so it answers while the threads of other calls are busy."""

    def __init__(self, executor: futures.ThreadPoolExecutor) -> None:
        self.servicer = HealthServicer(experimental_non_blocking=True, experimental_thread_pool=executor)
        self.Check = _Method(self.servicer.Check, executor)
        self.List = _Method(cast("Any", self.servicer).List, executor)
        self.Watch = _Watches(self.servicer.Watch, executor)

    def add_to(self, server: grpc.Server) -> None:
        health_pb2_grpc.add_HealthServicer_to_server(cast("health_pb2_grpc.HealthServicer", self), server)

    def end_watches(self) -> None:
        self.Watch.end()


class _Method:
    """A callable with the attribute that tells grpcio its executor; bound methods cannot have attributes."""

    def __init__(self, method: Callable[..., Any], executor: futures.ThreadPoolExecutor) -> None:
        self.experimental_thread_pool = executor
        self._method = method

    def __call__(self, request: Any, context: grpc.ServicerContext) -> Any:
        return self._method(request, context)


class _Watches:
    """Watch, without a thread for each stream; it knows the open streams."""

    experimental_non_blocking = True

    def __init__(self, watch: Callable[..., Any], executor: futures.ThreadPoolExecutor) -> None:
        self.experimental_thread_pool = executor
        self._watch = watch
        self._lock = threading.Lock()
        self._open: set[Send] = set()

    def __call__(self, request: Any, context: grpc.ServicerContext, send: Send) -> None:
        with self._lock:
            self._open.add(send)
        if not context.add_callback(lambda: self._forget(send)):
            self._forget(send)

        # `send` waits until the serving thread has finished the previous one. That thread may be waiting for a lock
        # which grpcio's servicer holds while it sends, because another stream has closed. So another thread sends.
        def send_later(response: Any) -> None:
            self.experimental_thread_pool.submit(send, response)

        self._watch(request, context, send_later)

    def end(self) -> None:
        with self._lock:
            streams = list(self._open)
        for send in streams:
            self.experimental_thread_pool.submit(send, None)

    def _forget(self, send: Send) -> None:
        with self._lock:
            self._open.discard(send)
