"""The span of a delivery."""

from collections.abc import Sequence

from servicekit.tracing.spans import Kind, Scope, span

SYSTEM = "outbox"


def delivery(destination: str, traceparents: Sequence[str | None]) -> Scope:
    """The span of sending events that were written in these traces; no span if none of them is recorded.

    What is sent together has one span, in the trace of the first event, with links to the traces of the others.
    """
    first, *others = dict.fromkeys(filter(None, traceparents)) or (None,)
    attributes: dict[str, str | int] = {
        "messaging.system": SYSTEM,
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": destination,
        "messaging.batch.message_count": len(traceparents),
    }
    return span(f"send {destination}", Kind.PRODUCER, parent=first, links=others, attributes=attributes)
