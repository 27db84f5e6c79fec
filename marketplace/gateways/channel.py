"""What gRPC clients share: how they connect, and which failures may pass."""

import grpc
import structlog

from servicekit.listening import host_port, is_unix
from servicekit.tracing import HEADER, new_trace_id, traceparent

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


def trace_metadata() -> tuple[tuple[str, str]]:
    """The metadata that continues the current trace, or begins one."""
    trace_id = structlog.contextvars.get_contextvars().get("trace_id") or new_trace_id()
    return ((HEADER, traceparent(trace_id)),)
