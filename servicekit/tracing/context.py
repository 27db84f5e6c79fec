"""Trace ids in headers (W3C Trace Context, https://www.w3.org/TR/trace-context/)."""

import random
import re
from dataclasses import dataclass

HEADER = "traceparent"
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Context:
    """A span as its header names it: what another one continues."""

    trace_id: str
    span_id: str
    flags: int

    @property
    def is_sampled(self) -> bool:
        """Whether the span is recorded."""
        return bool(self.flags & _SAMPLED)


def parse(header: str | None) -> Context | None:
    """What a header names; None if it is absent or malformed."""
    match = _TRACEPARENT.fullmatch(header or "")
    return Context(match[1], match[2], int(match[3], 16)) if match else None


def traceparent(trace_id: str, span_id: str, flags: int) -> str:
    """The header of a span; the ids are hexadecimal."""
    return f"00-{trace_id}-{span_id}-{flags:02x}"


def new_trace_id() -> str:
    """A new trace id of 32 hexadecimal digits."""
    return _hexadecimal(16)


def trace_id_of(header: str | None) -> str:
    """The trace id in `header`, or a new one if it is absent or malformed."""
    context = parse(header)
    return context.trace_id if context else new_trace_id()


def unrecorded(trace_id: str) -> str:
    """The header of a call that belongs to a trace of which nothing is recorded."""
    return traceparent(trace_id, _hexadecimal(8), 0)


def _hexadecimal(size: int) -> str:
    # Ids are no secrets. Asking the system for random bytes would let another thread run first, on every page.
    return random.randbytes(size).hex()  # noqa: S311
