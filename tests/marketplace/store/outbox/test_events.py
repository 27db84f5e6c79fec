"""The JSON form of events in the outbox."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from marketplace.domain.events import Message, ReaderForgotten, ReadersMerged
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.store import Store
from marketplace.store.outbox.events import MalformedEvent, from_json
from marketplace.store.schema import outbox
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import execute

CLICK = Interaction(id="click-1", reader_id=1_000_000_000, book_id=7, kind=InteractionKind.CLICK, occurred_at=NOON)
EVENTS: list[Message] = [
    CLICK,
    replace(CLICK, recommendation_id="list-1"),
    replace(CLICK, kind=InteractionKind.RATING, half_stars=9),
    replace(CLICK, kind=InteractionKind.UNDO, undoes="click-0"),
    ReadersMerged(1_000_000_001, 1_000_000_002),
    ReaderForgotten(1_000_000_003),
]
READABLE = {
    "id": "a",
    "reader_id": 1,
    "book_id": 2,
    "kind": "click",
    "occurred_at": "2026-01-01T00:00:00+00:00",
    "recommendation_id": "",
}
FAULTS: list[dict[str, object]] = [
    {"occurred_at": "2026-01-01"},
    {"reader_id": 2**31},
    {"book_id": 0},
    {"id": 5},
    {"id": "\ud800"},
    {"kind": "dance"},
    {"half_stars": 11},
    {"half_stars": "5"},
    {"undoes": None},
]


def test_events_are_stored_completely_with_their_reader(store: Store) -> None:
    """A merge belongs to the reader that stays."""
    with store.write() as work:
        for event in EVENTS:
            work.outbox.add(event, created_at=NOON)
        assert [row.event() for row in work.outbox.waiting(10)] == EVENTS
        work.commit()
    with store.engine.connect() as connection:
        owners = connection.execute(select(outbox.c.reader_id).order_by(outbox.c.event_id)).scalars().all()
    assert owners == [1_000_000_000] * 4 + [1_000_000_002, 1_000_000_003]


@pytest.mark.parametrize("payload", [None, [], "text", {}, *(READABLE | fault for fault in FAULTS)])
def test_a_malformed_payload_is_reported(payload: object) -> None:
    """Parsing raises one kind of error, whatever the table has."""
    with pytest.raises(MalformedEvent):
        from_json("interaction", payload)


@pytest.mark.parametrize("kind", ["merge", "forget"])
def test_a_malformed_reader_is_reported(kind: str) -> None:
    """A merge or a deletion without its readers is not sent."""
    with pytest.raises(MalformedEvent):
        from_json(kind, {"from_reader": 0, "reader_id": "x"})


def test_a_valid_payload_is_readable() -> None:
    """Each malformed payload above differs from it in one value; older payloads have no stars and no undo."""
    event = from_json("interaction", READABLE)
    assert isinstance(event, Interaction)
    assert (event.book_id, event.half_stars, event.undoes) == (2, None, "")


def test_an_event_of_an_unknown_kind_is_malformed(store: Store) -> None:
    """A row of a newer version is not mistaken for an interaction."""
    execute(store, insert(outbox).values(kind="sonnet", payload={}, created_at=NOON))
    with store.read() as work, pytest.raises(MalformedEvent, match="sonnet"):
        work.outbox.waiting(1)[0].event()
