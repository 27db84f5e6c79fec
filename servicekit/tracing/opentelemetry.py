"""Spans by OpenTelemetry's SDK, the only module that imports it; see `export`."""

import logging
from collections.abc import Callable, Sequence

from opentelemetry import trace as api
from opentelemetry.context import Context as ApiContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from servicekit.tracing.context import Context, parse, traceparent
from servicekit.tracing.spans import Attributes, Kind, Span

SCOPE = "servicekit.tracing"
_KINDS = {kind: api.SpanKind[kind.value] for kind in Kind}
# They log each attempt to reach a collector that is away, each span that finds the queue full, and malformed headers,
# which may be keys.
_SILENT = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal", "opentelemetry.util.re")


class _Span:
    """A span of the SDK, recorded or not."""

    def __init__(self, made: api.Span) -> None:
        context = made.get_span_context()
        self._span = made
        self._has_failed = False
        self.traceparent = traceparent(
            api.format_trace_id(context.trace_id), api.format_span_id(context.span_id), context.trace_flags
        )

    def set(self, name: str, value: str | int) -> None:
        """Set an attribute."""
        self._span.set_attribute(name, value)

    def fail(self, error: str) -> None:
        """Mark it as failed, for the first error."""
        if not self._has_failed:
            self._has_failed = True
            self._span.set_attribute("error.type", error)
            self._span.set_status(api.StatusCode.ERROR)

    def end(self) -> None:
        """End it."""
        self._span.end()


class _Tracer:
    """Begins spans of the SDK, whose sampler decides of each trace whether it is recorded."""

    def __init__(self, tracer: api.Tracer) -> None:
        self._tracer = tracer

    def begin(
        self, name: str, kind: Kind, *, parent: str | None, links: Sequence[str], attributes: Attributes
    ) -> Span:
        """Begin a span."""
        above = parse(parent)
        return _Span(
            self._tracer.start_span(
                name,
                # Never OpenTelemetry's own current span: `spans` has the current one.
                ApiContext() if above is None else api.set_span_in_context(_remote(above), ApiContext()),
                _KINDS[kind],
                attributes,
                [api.Link(_span_context(context)) for context in map(parse, links) if context is not None],
                record_exception=False,
                set_status_on_exception=False,
            )
        )


class _ReportingExporter(SpanExporter):
    """Reports the spans that another exporter could not send."""

    def __init__(self, exporter: SpanExporter, on_lost: Callable[[Sequence[ReadableSpan]], None]) -> None:
        self._exporter = exporter
        self._on_lost = on_lost

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._on_lost(spans)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def provider_of(service: str, *, on_lost: Callable[[Sequence[ReadableSpan]], None]) -> TracerProvider:
    """The provider that the OTEL_ variables describe; it has a thread, and is to be shut down."""
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # What the environment says wins; given as attributes alone, the default would.
    described = {"service.name": service, **OTELResourceDetector().detect().attributes}
    provider = TracerProvider(resource=Resource.create(described), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_ReportingExporter(OTLPSpanExporter(), on_lost)))
    return provider


def tracer_of(provider: TracerProvider) -> _Tracer:
    """What begins spans of a provider."""
    return _Tracer(provider.get_tracer(SCOPE))


def _remote(context: Context) -> api.Span:
    return api.NonRecordingSpan(_span_context(context))


def _span_context(context: Context) -> api.SpanContext:
    return api.SpanContext(
        int(context.trace_id, 16), int(context.span_id, 16), is_remote=True, trace_flags=api.TraceFlags(context.flags)
    )
