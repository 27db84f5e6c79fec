"""The gRPC server: event loop, thread pool, limits, health and reflection."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypedDict, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_SERVICE
from grpc_health.v1.health import aio as health

from servicekit.errors import AddressInUse
from servicekit.grpc.calls import MAX_REQUEST_BYTES, Authorize, Calls
from servicekit.grpc.event_loop import EventLoopThread
from servicekit.grpc.listening import listen, listen_for_health
from servicekit.grpc.reflection import add_reflection
from servicekit.grpc.statuses import StatusCodes
from servicekit.grpc.tls import CertificateFiles, server_credentials
from servicekit.metrics.calls import CallMetrics

SILENT_SECONDS = 0.25
"""How long a stopping server waits for a client that sends no message, and for one that takes no answer."""

MAX_STREAMS = 32
"""How many calls one connection may have open: a bound for calls without a message and for answers not taken.

Fewer than may wait, for acceptance and for a turn, so that no single connection takes all places.
"""

MAX_PENDING = 64
"""How many calls may wait until the event loop accepts them: about 30 ms.

grpcio refuses further ones by itself, at hardly any cost, with CANCELLED. The event loop could answer with
RESOURCE_EXHAUSTED, but that costs half as much as a list: with three times as many calls as can be answered, most of
its time would go there.
"""

MAX_WAITING = 40
"""How many calls may wait for a thread; more than one connection may have open."""

KEEPALIVE_SECONDS = 20.0
"""How long a connection may be quiet before the server asks whether the client is still there; it has half as long to
reply. So one that is frozen, or gone without a word, is found within half a minute."""

_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.max_concurrent_streams", MAX_STREAMS),
    ("grpc.server.max_pending_requests", MAX_PENDING),
    ("grpc.server.max_pending_requests_hard_limit", MAX_PENDING),
    # Clients ping every ten seconds, even when idle, to detect a frozen server; by default that would cut them off.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    # Connections are closed after a while, so that clients resolve the name again and find new servers.
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
]


class ServerOptions(TypedDict, total=False):
    """The options of `create_server` that every service may set."""

    threads: int
    waiting: int
    call_seconds: float
    with_reflection: bool
    log_requests: bool
    slow_call_ms: float
    share_port: bool
    keepalive_seconds: float
    tls: CertificateFiles | None
    health_port: int
    metrics: CallMetrics | None


def database_of(service: str) -> str:
    """The name under which gRPC's health service reports on the database of a service."""
    return f"{service}.Database"


class Server:
    """A gRPC server with its port and its health, which starts as NOT_SERVING. Any thread may use it.

    With TLS it has a `health_port` of loopback too, where health alone is answered without TLS: what checks a
    container needs neither a certificate nor a library.
    """

    def __init__(
        self,
        service: str,
        port: int,
        *,
        health_port: int | None,
        loop: EventLoopThread,
        servers: Sequence[grpc.aio.Server],
        calls: Calls,
        servicer: health.HealthServicer,
    ) -> None:
        self.port = port
        self.health_port = health_port
        self._service = service
        self._loop = loop
        self._servers = servers
        self._calls = calls
        self._health = servicer
        self._lock = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Accept calls; health stays NOT_SERVING until it is set."""
        for server in self._servers:
            self._loop.run(server.start())

    def set_serving(self, *, serving: bool) -> None:
        """Set whether health reports SERVING; no effect once the server drains."""
        for name in ("", self._service):
            self._set(name, serving=serving)

    def set_database_serving(self, *, serving: bool) -> None:
        """Set whether answers are up to date with the database; they are given either way."""
        self._set(database_of(self._service), serving=serving)

    def drain(self, *, notice: float, grace: float) -> None:
        """Stop without failing a call: tell clients, serve for `notice` seconds, then finish the calls in progress.

        Calls that take more than `grace` seconds are cut off.
        """
        self._loop.run(self._health.enter_graceful_shutdown())
        time.sleep(notice)
        self._loop.run(self._finish(grace))
        self.stop()

    def stop(self) -> None:
        """Stop at once; no effect if it is stopped."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._loop.run(self._stop(None))
                self._loop.stop()
                self._calls.close()

    async def _finish(self, grace: float) -> None:
        """Refuse new calls and finish those that run."""
        stopping = asyncio.ensure_future(self._stop(grace))
        # Watches of health never end, nor do calls whose message never comes or whose answer is not taken: grpcio
        # would wait for all of them. So messages on their way get a moment to arrive, and so do answers.
        await asyncio.wait({stopping}, timeout=min(SILENT_SECONDS, grace))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._calls.finished(), grace)
        await asyncio.wait({stopping}, timeout=SILENT_SECONDS)
        await self._stop(None)
        await stopping

    async def _stop(self, grace: float | None) -> None:
        await asyncio.gather(*(server.stop(grace) for server in self._servers))

    def _set(self, name: str, *, serving: bool) -> None:
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        with self._lock:
            if not self._stopped:
                self._loop.run(self._health.set(name, status))


def create_server(
    service: str,
    add_servicer: Callable[[grpc.aio.Server], None],
    status_codes: StatusCodes,
    hosts: Sequence[str],
    port: int,
    *,
    prefix: str,
    authorize: Authorize | None = None,
    tls: CertificateFiles | None = None,
    health_port: int = 0,
    metrics: CallMetrics | None = None,
    threads: int = 10,
    waiting: int = MAX_WAITING,
    call_seconds: float = 2.0,
    with_reflection: bool = True,
    log_requests: bool = False,
    slow_call_ms: float = 250.0,
    share_port: bool = False,
    keepalive_seconds: float = KEEPALIVE_SECONDS,
) -> Server:
    """Build a server of one service that listens on `hosts`, names, addresses or `unix:path`.

    `add_servicer` adds the methods; they may raise the errors of `status_codes`. With port 0 the system chooses one.
    With `share_port`, other processes with `share_port` may listen there too, but not on Unix sockets. `authorize` is
    asked before each call of those methods; health and reflection are open. `metrics` measures them. Raises
    AddressInUse, which names the settings with that `prefix`, and CertificateUnusable.
    """
    credentials = None if tls is None else server_credentials(tls)
    loop = EventLoopThread("event-loop")

    async def create() -> Server:
        keepalive_ms = round(keepalive_seconds * 1000)
        options = [
            *_OPTIONS,
            ("grpc.keepalive_time_ms", keepalive_ms),
            # Not keepalive_timeout: it leaves a connection open whose client does not reply.
            ("grpc.http2.ping_timeout_ms", keepalive_ms // 2),
            # Otherwise a second server started on the same port by mistake would go unnoticed.
            ("grpc.so_reuseport", int(share_port)),
        ]
        server = grpc.aio.server(options=options)
        calls = Calls(
            server,
            status_codes,
            threads=threads,
            waiting=waiting,
            seconds=call_seconds,
            log_requests=log_requests,
            slow_call_ms=slow_call_ms,
            authorize=authorize,
            metrics=metrics,
        )
        # Calls has the methods that the generated code needs.
        add_servicer(cast("grpc.aio.Server", calls))
        servicer = health.HealthServicer()
        for name in ("", service, database_of(service)):
            await servicer.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        if with_reflection:
            add_reflection(server, (service, HEALTH_SERVICE))
        bound = listen(server, hosts, port, prefix=prefix, credentials=credentials)
        servers, bound_health = [server], None
        if credentials is not None:
            servers.append(grpc.aio.server(options=options))
            health_pb2_grpc.add_HealthServicer_to_server(servicer, servers[1])
            bound_health = listen_for_health(servers[1], health_port, prefix=prefix)
        return Server(
            service, bound, health_port=bound_health, loop=loop, servers=servers, calls=calls, servicer=servicer
        )

    try:
        return loop.run(create())
    except AddressInUse:
        loop.stop()
        raise
