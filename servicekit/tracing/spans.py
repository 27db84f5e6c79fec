"""Spans: `span(…)` is a context manager around what is to be seen in a trace; without a tracer it does nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from enum import Enum
from types import TracebackType
from typing import Protocol

import structlog

from servicekit.tracing.context import new_trace_id, parse, trace_id_of, unrecorded

Attributes = Mapping[str, str | int]


class Kind(Enum):
    """Which side of a call a span is; the values are OpenTelemetry's names."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Span(Protocol):
    """A span that has begun."""

    @property
    def traceparent(self) -> str:
        """Its header, by which others continue it; empty if there is no span."""

    def set(self, name: str, value: str | int) -> None:
        """Set an attribute; never to anything of or about a reader."""

    def fail(self, error: str) -> None:
        """Mark it as failed; `error` is a kind of error, of which there are few. The first one stays."""

    def end(self) -> None:
        """End it; no effect on later calls."""


class Tracer(Protocol):
    """Begins spans."""

    def begin(
        self, name: str, kind: Kind, *, parent: str | None, links: Sequence[str], attributes: Attributes
    ) -> Span:
        """Begin a span that continues the one with the header `parent`, or a new trace; `links` are headers too."""


class _NoSpan:
    """Stands for a span where there is none."""

    traceparent = ""

    def set(self, name: str, value: str | int) -> None:
        """Ignore it."""

    def fail(self, error: str) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""

    def __enter__(self) -> "_NoSpan":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class _Process:
    """The tracer of this process, as logging is of a process."""

    tracer: Tracer | None = None


_NO_SPAN = _NoSpan()
_current: ContextVar[Span | None] = ContextVar("span", default=None)


@contextmanager
def tracing_by(tracer: Tracer) -> Iterator[None]:
    """Have `tracer` begin the spans of this process while the block lasts."""
    before, _Process.tracer = _Process.tracer, tracer
    try:
        yield
    finally:
        _Process.tracer = before


def is_tracing() -> bool:
    """Whether spans are made at all."""
    return _Process.tracer is not None


class _Scope:
    """A span that is the current one while the block lasts; an exception marks it as failed."""

    def __init__(self, made: Span) -> None:
        self._span = made

    def __enter__(self) -> Span:
        self._token: Token[Span | None] = _current.set(self._span)
        self._logged = structlog.contextvars.bind_contextvars(trace_id=trace_id_of(self._span.traceparent))
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            # Not its text, which may name a reader.
            self._span.fail(kind.__name__)
        self._span.end()
        structlog.contextvars.reset_contextvars(**self._logged)
        _current.reset(self._token)


Scope = _Scope | _NoSpan


def span(
    name: str,
    kind: Kind,
    *,
    parent: str | None = None,
    links: Sequence[str] = (),
    begins_trace: bool = False,
    attributes: Attributes | None = None,
) -> Scope:
    """A span that continues the header `parent`, by default the current span.

    Without a recorded one there is none, unless it `begins_trace`: what happens outside of traces is not recorded.
    `links` are the headers of further spans that caused it. The names of all attributes are OpenTelemetry's
    (https://opentelemetry.io/docs/specs/semconv/). Lines of the log have the trace's id while the block lasts.
    """
    tracer = _Process.tracer
    if tracer is None:
        return _NO_SPAN
    if parse(parent) is None:
        # Below a span that is not recorded, none would be: it saves a page half of what traces cost it.
        parent = recorded()
        if parent is None and not begins_trace:
            return _NO_SPAN
    return _Scope(tracer.begin(name, kind, parent=parent, links=links, attributes=attributes or {}))


def outgoing() -> str:
    """The header of a call to another service: of the current span, or of the log's trace id, or a new one."""
    current = _current.get()
    if current is not None:
        return current.traceparent
    return unrecorded(structlog.contextvars.get_contextvars().get("trace_id") or new_trace_id())


def recorded() -> str | None:
    """The header of the current span if it is recorded: what events keep, so that their delivery continues it."""
    current = _current.get()
    context = parse(current.traceparent) if current is not None else None
    return current.traceparent if current is not None and context is not None and context.is_sampled else None
