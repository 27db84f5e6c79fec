"""What gRPC clients share: how they connect and call, and which failures may pass."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar, cast

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from servicekit.listening import host_port, is_unix
from servicekit.tracing.context import HEADER
from servicekit.tracing.spans import Kind, is_tracing, outgoing, span

Metadata = tuple[tuple[str, str], ...]
Credentials = Callable[[], grpc.ChannelCredentials]
Options = tuple[tuple[str, Any], ...]
Response = TypeVar("Response", bound=Message)
Stub = TypeVar("Stub")

# After these the same call may succeed later; the other statuses are permanent.
TRANSIENT = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DATA_LOSS,
        # A wrong address, version or permission: the call succeeds once the operator has fixed it.
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
    }
)

RENEW_SECONDS = 30.0
"""How old a channel becomes. gRPC resolves a name again only when a connection has ended; until then it would not
call a further server."""

RENEW_FAILED_SECONDS = 1.0
"""How old a channel becomes of which a call has failed. Left alone it stays with servers that are not healthy, and
waits for up to two minutes until it resolves a name again that was not found."""

_CONNECTION_OPTIONS: Options = (
    # Detects a frozen peer within 13 s instead of minutes.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.ping_timeout_ms", 3_000),
    # Reconnects within a second of an outage's end instead of four.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # Despite its name: how long an attempt to connect may take. With 100 ms, a busy server was never reached.
    ("grpc.min_reconnect_backoff_ms", 1_000),
    # The services are on the internal network, not behind a proxy that the environment names.
    ("grpc.enable_http_proxy", 0),
)


def target(host: str, port: int) -> str:
    """What a channel connects to; `host` is a name, an address or `unix:path`."""
    address = host_port(host, port)
    return address if is_unix(host) else f"dns:///{address}"


def channel_options(service: str, *, repeated: Sequence[str] = ()) -> Options:
    """Options of a channel that calls all healthy servers of a service in turn.

    A call of the methods in `repeated` is sent once more if a server could not be reached or was ending. Each channel
    has a budget for that, of five calls at first, so that an outage does not double them.
    """
    config: dict[str, object] = {
        # pick_first ignores health checks.
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": service},
    }
    if repeated:
        config["methodConfig"] = [
            {
                "name": [{"service": service, "method": method} for method in repeated],
                "retryPolicy": {
                    "maxAttempts": 2,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "0.5s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
        config["retryThrottling"] = {"maxTokens": 10, "tokenRatio": 0.1}
    return ("grpc.service_config", json.dumps(config)), *_CONNECTION_OPTIONS


class ConnectionClosed(Exception):
    """A call was to be made after `close`."""


@dataclass(eq=False, slots=True)
class _Channel(Generic[Stub]):
    channel: grpc.Channel
    stub: Stub
    opened_at: float
    max_age: float = RENEW_SECONDS
    calls: int = 0


class Connection(Generic[Stub]):
    """A stub on a channel that is opened by the first call and replaced from time to time; thread-safe.

    Channels to the same address share their connections, so that only the name is resolved again.
    """

    def __init__(
        self,
        target: str,
        options: Options,
        create_stub: Callable[[grpc.Channel], Stub],
        *,
        credentials: Credentials | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """With `credentials` calls use TLS; they are asked for with each channel. `clock` returns seconds."""
        self._target = target
        self._options = options
        self._create_stub = create_stub
        self._credentials = credentials
        self._clock = clock
        self._lock = Lock()
        self._current: _Channel[Stub] | None = None
        self._replaced: list[_Channel[Stub]] = []
        self._closed = False

    @contextmanager
    def stub(self) -> Iterator[Stub]:
        """The stub for one call, which must end with the block. Raises ConnectionClosed."""
        used = self._acquired()
        try:
            yield used.stub
        except grpc.RpcError as error:
            if cast("grpc.Call", error).code() is grpc.StatusCode.UNAVAILABLE:
                used.max_age = RENEW_FAILED_SECONDS
            raise
        finally:
            with self._lock:
                used.calls -= 1

    def close(self) -> None:
        """Close the channels; calls that have not ended are cancelled."""
        with self._lock:
            self._closed = True
            channels, self._replaced = self._replaced, []
            if self._current is not None:
                channels.append(self._current)
            for used in channels:
                used.channel.close()

    def _acquired(self) -> _Channel[Stub]:
        with self._lock:
            if self._closed:
                raise ConnectionClosed
            now, current = self._clock(), self._current
            if current is None or now - current.opened_at >= current.max_age:
                current = self._replace(now)
            current.calls += 1
            return current

    def _replace(self, now: float) -> _Channel[Stub]:
        opened = self._open()
        channel = _Channel(opened, self._create_stub(opened), now)
        # The one before stays open until the next replacement: the new one takes over its connections.
        for idle in [used for used in self._replaced if not used.calls]:
            idle.channel.close()
            self._replaced.remove(idle)
        if self._current is not None:
            self._replaced.append(self._current)
        self._current = channel
        return channel

    def _open(self) -> grpc.Channel:
        if self._credentials is None:
            return grpc.insecure_channel(self._target, options=self._options)
        return grpc.secure_channel(self._target, self._credentials(), options=self._options)


def call(method: Callable[..., Response], request: Message, *, timeout: float, metadata: Metadata = ()) -> Response:
    """Call a method of a stub in the current trace, without waiting for a connection. Raises grpc.RpcError."""

    def send() -> Response:
        traced = ((HEADER, outgoing()), *metadata)
        return method(request, timeout=timeout, metadata=traced, wait_for_ready=False)

    if not is_tracing():
        return send()
    name = _method_of(request.DESCRIPTOR)
    with span(name, Kind.CLIENT, attributes={"rpc.system.name": "grpc", "rpc.method": name}) as calling:
        try:
            response = send()
        except grpc.RpcError as error:
            code = cast("grpc.Call", error).code().name
            calling.set("rpc.response.status_code", code)
            calling.fail(code)
            raise
        calling.set("rpc.response.status_code", grpc.StatusCode.OK.name)
        return response


@cache
def _method_of(request: Descriptor) -> str:
    """The method that takes a request, `Service/Method`: each takes a kind of its own."""
    return next(
        f"{service.full_name}/{method.name}"
        for service in request.file.services_by_name.values()
        for method in service.methods
        if method.input_type is request
    )
