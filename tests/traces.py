"""Spans that a test has recorded, and the tree that they form."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler

from servicekit.tracing.opentelemetry import tracer_of
from servicekit.tracing.spans import tracing_by

STRANGER = f"00-{'a' * 32}-{'b' * 16}-01"
"""A header that says that its trace is recorded."""


class Recorded:
    """The spans that have ended, oldest first."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def only(self, name: str) -> ReadableSpan:
        """The one span of this name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found


@contextmanager
def recording(sampler: Sampler = ALWAYS_ON) -> Iterator[Recorded]:
    """Record the spans of this process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(sampler), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    try:
        with tracing_by(tracer_of(provider)):
            yield Recorded(exporter)
    finally:
        provider.shutdown()


def header_of(span: ReadableSpan) -> str:
    """The header by which others continue a span."""
    context = span.get_span_context()
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def parent_of(span: ReadableSpan) -> str | None:
    """The id of a span's parent."""
    return None if span.parent is None else f"{span.parent.span_id:016x}"


@dataclass(frozen=True)
class Node:
    """A span as a collector gets it, with the spans below it."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    attributes: dict[str, str]
    below: list["Node"] = field(default_factory=list)

    def lines(self, indent: str = "") -> list[str]:
        """The tree, a line for each span; siblings are sorted by name, and equal ones shown once."""
        branches = sorted({tuple(node.lines(f"{indent}  ")) for node in self.below})
        return [f"{indent}{self.name}", *(line for branch in branches for line in branch)]


def nodes_of(bodies: Sequence[bytes]) -> list[Node]:
    """The spans in the requests that a collector got, named by service and span, and linked to those below them."""
    nodes = []
    for body in bodies:
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = {entry.key: entry.value.string_value for entry in of_resource.resource.attributes}
            nodes += [
                Node(
                    trace_id=span.trace_id,
                    span_id=span.span_id,
                    parent_id=span.parent_span_id,
                    name=f"{resource['service.name']}: {span.name}",
                    attributes={
                        entry.key: entry.value.string_value or str(entry.value.int_value) for entry in span.attributes
                    },
                )
                for of_scope in of_resource.scope_spans
                for span in of_scope.spans
            ]
    by_id = {node.span_id: node for node in nodes}
    for node in nodes:
        if node.parent_id in by_id:
            by_id[node.parent_id].below.append(node)
    return nodes
