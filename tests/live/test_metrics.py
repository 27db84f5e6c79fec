"""The metrics of live."""

import pytest
from prometheus_client import CollectorRegistry

from live.domain import Note
from live.hub import Hub, NoRoom, TooManyOfHolder
from live.metrics import add_hub
from tests.live.test_hub import ticket

NAMES = (
    "live_connections",
    "live_max_connections",
    "live_connections_refused_total",
    "live_signals_total",
    "live_messages_total",
)


def test_connections_and_messages_are_counted() -> None:
    """A signal counts once, and once more for each page that it is sent to."""
    hub = Hub(3, max_of_holder=2)
    registry = CollectorRegistry()
    add_hub(registry, hub)
    first = hub.join(ticket("conversations/a"))
    hub.join(ticket("conversations/a"))
    with pytest.raises(TooManyOfHolder):
        hub.join(ticket("conversations/a"))
    hub.join(ticket("b", holder=8))
    with pytest.raises(NoRoom):
        hub.join(ticket("b", holder=9))
    hub.signal(("conversations/a", "nobody"), 17)
    hub.note(first, Note("conversations/a", "seen", "reader"))
    assert [registry.get_sample_value(name) for name in NAMES] == [3, 3, 2, 2, 3]
    hub.leave(first)
    assert registry.get_sample_value("live_connections") == 2
