"""What gRPC clients share: how they connect and call, and which failures may pass."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar, cast

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from servicekit.listening import host_port, is_unix
from servicekit.tracing.context import HEADER
from servicekit.tracing.spans import Kind, is_tracing, outgoing, span

Metadata = tuple[tuple[str, str], ...]
Response = TypeVar("Response", bound=Message)

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

CONNECTION_OPTIONS = (
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
