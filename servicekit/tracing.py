"""Trace ids passed from a page to its gRPC call (W3C Trace Context, https://www.w3.org/TR/trace-context/)."""

import random
import re

HEADER = "traceparent"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def new_trace_id() -> str:
    """A new trace id of 32 hexadecimal digits."""
    return _hexadecimal(16)


def traceparent(trace_id: str) -> str:
    """The header of one call with this trace id and a new span id."""
    return f"00-{trace_id}-{_hexadecimal(8)}-01"


def trace_id_of(header: str | None) -> str:
    """The trace id in `header`, or a new one if it is absent or malformed."""
    match = _TRACEPARENT.fullmatch(header or "")
    return match[1] if match else new_trace_id()


def _hexadecimal(size: int) -> str:
    # Ids are no secrets. Asking the system for random bytes would let another thread run first, on every page.
    return random.randbytes(size).hex()  # noqa: S311
