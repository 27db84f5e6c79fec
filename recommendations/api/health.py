"""gRPC's health service, on an executor of its own and with watches that can be ended."""

import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from protobufs import recommendations_pb2 as pb

SERVICE: str = pb.DESCRIPTOR.services_by_name["Recommendations"].full_name
"""Serves as long as there is a model to answer from; so does the whole server."""

DATABASE = f"{SERVICE}.Database"
"""Serves as long as the database was read lately, so that answers are up to date."""

Send = Callable[[Any], None]


class Health:
    """Answers while the threads of other calls are busy: its methods run on `executor`."""

    def __init__(self, executor: futures.ThreadPoolExecutor) -> None:
        self.servicer = HealthServicer(experimental_non_blocking=True, experimental_thread_pool=executor)
        self.Check = _Method(self.servicer.Check, executor)
        self.List = _Method(cast("Any", self.servicer).List, executor)
        self.Watch = _Watches(self.servicer.Watch, executor)

    def add_to(self, server: grpc.Server) -> None:
        """Register with a server that has not started."""
        health_pb2_grpc.add_HealthServicer_to_server(cast("health_pb2_grpc.HealthServicer", self), server)

    def end_watches(self) -> None:
        """End every stream of Watch that is open."""
        self.Watch.end()


class _Method:
    """A method with the attribute by which grpcio finds its executor; bound methods take no attributes."""

    def __init__(self, method: Callable[..., Any], executor: futures.ThreadPoolExecutor) -> None:
        self.experimental_thread_pool = executor
        self._method = method

    def __call__(self, request: Any, context: grpc.ServicerContext) -> Any:
        return self._method(request, context)


class _Watches:
    """Watch, without a thread for each stream; keeps track of the open streams."""

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

        # Sending waits until the serving thread has finished the previous send. That thread may be waiting for a lock
        # that grpcio's servicer holds while it sends, because another stream has closed. So another thread sends.
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
