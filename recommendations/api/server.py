"""The gRPC server: executors, limits, interceptor, health and reflection."""

import time
from collections.abc import Callable, Sequence
from concurrent import futures
from datetime import datetime

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import SERVICE_NAME as HEALTH_SERVICE
from grpc_reflection.v1alpha import reflection

from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.database_calls import DatabaseCalls
from recommendations.api.executor import CallExecutor
from recommendations.api.health import DATABASE, SERVICE, Health
from recommendations.api.interceptor import CallInterceptor
from recommendations.api.servicer import RecommendationsServicer
from recommendations.domain.errors import AddressInUse
from recommendations.service import RecommendationService
from servicekit.clock import now
from servicekit.listening import cannot_listen

IN_MEMORY = ("Recommend", "RecommendBatch", "SimilarBooks")
"""The methods that answer from memory. They have their own threads, which a hanging database cannot block."""

IN_MEMORY_THREADS = 2
"""These calls never wait, so more threads would only compete for the interpreter lock."""

_OPTIONS = [
    ("grpc.max_receive_message_length", 1024 * 1024),
    ("grpc.server_handshake_timeout_ms", 5_000),
    # Clients ping every ten seconds, even when idle, to detect a frozen server; by default that would cut them off.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    # Connections are closed after a while, so that clients resolve the name again and find new servers.
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
]


class Server:
    """A gRPC server with its port and its health, which starts as NOT_SERVING."""

    def __init__(self, server: grpc.Server, port: int, health: Health, executors: Sequence[futures.Executor]) -> None:
        self.port = port
        self._server = server
        self._health = health
        self._executors = executors
        self.set_serving(serving=False)
        self.set_database_serving(serving=False)

    def start(self) -> None:
        """Accept calls; health stays NOT_SERVING until it is set."""
        self._server.start()

    def set_serving(self, *, serving: bool) -> None:
        """Set whether health reports SERVING; no effect once the server drains."""
        for name in ("", SERVICE):
            self._set(name, serving=serving)

    def set_database_serving(self, *, serving: bool) -> None:
        """Set whether health reports the database as SERVING; calls are answered either way."""
        self._set(DATABASE, serving=serving)

    def drain(self, *, notice: float, grace: float) -> None:
        """Stop without failing calls: report NOT_SERVING, serve `notice` more seconds, finish the calls in progress.

        Calls that then take more than `grace` seconds are cancelled.
        """
        self._health.servicer.enter_graceful_shutdown()
        time.sleep(notice)
        # Clients that check health keep a Watch open, which would make every stop last the whole grace.
        self._health.end_watches()
        self.stop(grace)

    def stop(self, grace: float | None = None) -> None:
        """Stop: at once, or when the calls in progress are done or `grace` seconds are over."""
        self._server.stop(grace).wait()
        for executor in self._executors:
            executor.shutdown(wait=False)

    def _set(self, name: str, *, serving: bool) -> None:
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        self._health.servicer.set(name, status)


def create_server(
    service: RecommendationService,
    address: str,
    *,
    threads: int = 10,
    with_reflection: bool = True,
    log_requests: bool = False,
    slow_call_ms: float = 250.0,
    share_port: bool = False,
    database_timeout_seconds: float = 2.0,
    clock: Callable[[], datetime] = now,
) -> Server:
    """Build a server that listens on `address`, `host:port`; with port 0 the system chooses one.

    With `share_port`, other processes with `share_port` may listen there too. Raises AddressInUse.
    """
    database_calls = DatabaseCalls(max(1, threads // 2), seconds=database_timeout_seconds)
    pool = futures.ThreadPoolExecutor(threads, thread_name_prefix="call")
    health_executor = futures.ThreadPoolExecutor(1, thread_name_prefix="health")
    in_memory = CallExecutor(min(threads, IN_MEMORY_THREADS), name="in-memory")
    executors = {f"/{SERVICE}/{method}": in_memory for method in IN_MEMORY}
    server = grpc.server(
        pool,
        interceptors=[CallInterceptor(log_requests=log_requests, slow_call_ms=slow_call_ms, executors=executors)],
        # Otherwise a second server started on the same port by mistake would go unnoticed.
        options=[*_OPTIONS, ("grpc.so_reuseport", int(share_port))],
    )
    pb_grpc.add_RecommendationsServicer_to_server(RecommendationsServicer(service, clock, database_calls), server)
    health = Health(health_executor)
    health.add_to(server)
    if with_reflection:
        reflection.enable_server_reflection((SERVICE, HEALTH_SERVICE, reflection.SERVICE_NAME), server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        raise AddressInUse(cannot_listen(address, "RECOMMENDATIONS")) from None
    return Server(server, port, health, (pool, in_memory, health_executor))
