"""The trace id that crosses from a page to the gRPC call behind it, in W3C Trace Context's form.

https://www.w3.org/TR/trace-context/
"""

import re
import secrets

HEADER = "traceparent"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def new_trace_id() -> str:
    """A new trace id of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def traceparent(trace_id: str) -> str:
    """The header that carries `trace_id` over one call, under a span id of its own."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def trace_id_of(header: str | None) -> str:
    """The trace id in `header`, or a new one where there is none or it is malformed."""
    match = _TRACEPARENT.fullmatch(header or "")
    return match[1] if match else new_trace_id()
