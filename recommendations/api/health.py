"""gRPC's health service, on a lane of its own and with watches that can be ended."""

import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from protobufs import recommendations_pb2 as pb
from recommendations.api.lane import OnLane

SERVICE: str = pb.DESCRIPTOR.services_by_name["Recommendations"].full_name
"""Serves as long as there is a model to answer from; so does the whole server."""

DATABASE = f"{SERVICE}.Database"
"""Serves as long as the database was read lately, so that answers are up to date."""

Send = Callable[[Any], None]


class Health:
    """Answers while the pool of the calls is busy: its methods run on `lane`, by the attributes grpcio looks for."""

    def __init__(self, lane: futures.ThreadPoolExecutor) -> None:
        self.servicer = HealthServicer(experimental_non_blocking=True, experimental_thread_pool=lane)
        self.Check = OnLane(self.servicer.Check, lane)
        self.List = OnLane(cast("Any", self.servicer).List, lane)
        self.Watch = _Watches(self.servicer.Watch, lane)

    def add_to(self, server: grpc.Server) -> None:
        """Register with a server that has not started."""
        health_pb2_grpc.add_HealthServicer_to_server(cast("health_pb2_grpc.HealthServicer", self), server)

    def end_watches(self) -> None:
        """End every stream of Watch that is open."""
        self.Watch.end()


class _Watches:
    """Watch without a thread a stream, remembering the open streams."""

    experimental_non_blocking = True

    def __init__(self, watch: Callable[..., Any], lane: futures.ThreadPoolExecutor) -> None:
        self.experimental_thread_pool = lane
        self._watch = watch
        self._lane = lane
        self._lock = threading.Lock()
        self._open: set[Send] = set()

    def __call__(self, request: Any, context: grpc.ServicerContext, send: Send) -> None:
        with self._lock:
            self._open.add(send)
        if not context.add_callback(lambda: self._forget(send)):
            self._forget(send)

        # To send waits for what is being sent, which the serving thread ends; and that may be waiting for the lock
        # that grpcio's servicer sends under, because another stream has closed. So sending has a thread of its own.
        def send_later(response: Any) -> None:
            self._lane.submit(send, response)

        self._watch(request, context, send_later)

    def end(self) -> None:
        with self._lock:
            streams = list(self._open)
        for send in streams:
            self._lane.submit(send, None)

    def _forget(self, send: Send) -> None:
        with self._lock:
            self._open.discard(send)
