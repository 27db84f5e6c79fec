"""The hub, without a network."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from events.tickets import Side, Ticket
from live.domain import Note
from live.hub import QUEUE, Connection, Hub, NoRoom, TooManyOfHolder


def ticket(*topics: str, side: Side = "reader", holder: int = 7) -> Ticket:
    return Ticket(topics=topics, side=side, holder=holder, until=datetime(2026, 3, 1, tzinfo=UTC))


def waiting(connection: Connection) -> list[Any]:
    """What waits for a connection; None at its end."""
    messages: list[Any] = []

    async def take() -> None:
        while not connection._waiting.empty():
            message = await connection.next()
            messages.append(message and json.loads(message))

    _in_thread(lambda: asyncio.run(take()))
    return messages


def is_cut_off(connection: Connection) -> bool:
    return connection.is_slow


def _in_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_signal_reaches_its_topics_only() -> None:
    """Each connection hears of the topics of its ticket, once for each."""
    hub = Hub(10)
    order, both, other = (hub.join(ticket(*topics)) for topics in (("a",), ("a", "b"), ("c",)))
    hub.signal(("a", "b"), 17)
    assert waiting(order) == [{"topic": "a", "number": 17}]
    assert waiting(both) == [{"topic": "a", "number": 17}, {"topic": "b", "number": 17}]
    assert waiting(other) == []


def test_a_note_reaches_the_others_of_its_topic() -> None:
    """Not its sender, and nobody if the sender's ticket does not have the topic."""
    hub = Hub(10)
    mine, theirs, foreign = (hub.join(ticket(topic)) for topic in ("conversations/X", "conversations/X", "c"))
    note = Note("conversations/X", "writing", "reader")
    hub.note(mine, note)
    hub.note(foreign, note)
    assert waiting(theirs) == [{"topic": "conversations/X", "note": "writing", "by": "reader"}]
    assert waiting(mine) == waiting(foreign) == []


def test_connections_are_bounded() -> None:
    """In all, and of each holder; who leaves makes room, and nothing of them is kept."""
    hub = Hub(3, max_of_holder=2)
    first = [hub.join(ticket("a", "a", holder=1)) for _ in range(2)]
    with pytest.raises(TooManyOfHolder):
        hub.join(ticket("a", holder=1))
    other = hub.join(ticket("b", holder=2))
    with pytest.raises(NoRoom):
        hub.join(ticket("b", holder=3))
    for connection in (*first, other):
        hub.leave(connection)
    assert len(hub) == 0
    assert (hub._by_topic, hub._by_holder) == ({}, {})
    hub.join(ticket("a", holder=1))


def test_a_slow_client_is_cut_off() -> None:
    """What waits for it is dropped, not kept."""
    hub = Hub(3)
    slow = hub.join(ticket("a"))
    for number in range(QUEUE):
        hub.signal("a", number)
    assert not is_cut_off(slow)
    hub.signal("a", QUEUE)
    hub.signal("a", QUEUE + 1)
    assert is_cut_off(slow)
    assert waiting(slow) == [None]


def test_a_closed_hub_ends_all() -> None:
    """Nobody joins it any more, and ending twice does no harm."""
    hub = Hub(3)
    connection = hub.join(ticket("a"))
    hub.close()
    connection.end()
    assert waiting(connection) == [None]
    with pytest.raises(NoRoom):
        hub.join(ticket("a"))
