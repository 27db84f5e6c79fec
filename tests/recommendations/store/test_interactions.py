"""What readers did, on both databases."""

from datetime import UTC, datetime

import pytest

from recommendations.domain import Book, Event, Interaction, InteractionKind
from recommendations.store import Store
from recommendations.store.interactions import CHUNK


def click(id_: str, *, reader: int = 1, book: int = 1) -> Interaction:
    """One click."""
    return Interaction(id=id_, reader_id=reader, book_id=book, kind=InteractionKind.CLICK)


def add(store: Store, *batch: Interaction) -> set[str]:
    """Add in a transaction of its own."""
    with store.write() as work:
        stored = work.interactions.add(batch)
        work.commit()
    return stored


def events(store: Store, after: int = 0) -> list[Event]:
    """All events after a sequence number."""
    with store.read() as work:
        return [event for chunk in work.interactions.events_after(after) for event in chunk]


def test_add_returns_new_ids_only(store: Store) -> None:
    """An id stored before is not stored again, whatever it says now."""
    assert add(store, click("a"), click("b")) == {"a", "b"}
    assert add(store, click("b", book=9), click("c")) == {"c"}
    assert add(store, click("a")) == set()
    assert add(store) == set()
    assert [event.book_id for event in events(store)] == [1, 1, 1]


def test_the_first_of_a_repeated_id_in_one_batch_counts(store: Store) -> None:
    """Within a batch too an id is stored once, with what was said first, in the order of the batch."""
    assert add(store, click("a", book=1), click("b", book=2), click("a", book=3)) == {"a", "b"}
    assert [event.book_id for event in events(store)] == [1, 2]


def test_more_interactions_than_fit_one_statement(store: Store) -> None:
    """The largest batch of the contract comes back as ids and in its order."""
    batch = [click(f"i{number}", book=number) for number in range(1, 3001)]
    assert add(store, *batch) == {one.id for one in batch}
    assert [event.book_id for event in events(store)] == list(range(1, 3001))


def test_add_many_counts_the_new_ones(store: Store) -> None:
    """Thousands at once: the second time none is new, and repeats within the batch count once."""
    batch = [click(f"i{number}") for number in range(2500)]
    for expected in (2500, 0):
        with store.write() as work:
            assert work.interactions.add_many(batch) == expected
            work.commit()
    with store.write() as work:
        assert work.interactions.add_many([click("x"), click("x"), click("i7")]) == 1


def test_every_field_is_stored(store: Store) -> None:
    """The event has the model's part of an interaction, and its time is kept with its offset."""
    rated = Interaction(
        id="r",
        reader_id=2**31 - 1,
        book_id=7,
        kind=InteractionKind.RATING,
        value=3.5,
        occurred_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        recommendation_id="list",
    )
    add(store, rated)
    (event,) = events(store)
    assert event[1:] == (2**31 - 1, 7, InteractionKind.RATING, 3.5)


def test_events_come_in_order_and_after_a_number(store: Store) -> None:
    """Events follow one another by sequence number, and asking after one skips it and what is before."""
    for number in range(5):
        add(store, click(f"i{number}", book=number + 1), click("i0"))
    everything = events(store)
    assert [event.book_id for event in everything] == [1, 2, 3, 4, 5]
    assert [event.sequence for event in everything] == sorted({event.sequence for event in everything})
    assert events(store, everything[2].sequence) == everything[3:]
    assert events(store, everything[-1].sequence) == []


@pytest.mark.slow
def test_events_come_in_chunks(store: Store) -> None:
    """A long history is read piece by piece, and the pieces are the whole."""
    with store.write() as work:
        for start in range(0, CHUNK + 5, 10_001):
            work.interactions.add_many(
                [click(f"i{number}", book=number + 1) for number in range(start, min(start + 10_001, CHUNK + 5))]
            )
        work.commit()
    with store.read() as work:
        chunks = list(work.interactions.events_after(0))
    assert [len(chunk) for chunk in chunks] == [CHUNK, 5]
    assert [event.book_id for chunk in chunks for event in chunk] == list(range(1, CHUNK + 6))


def test_last_sequence(store: Store) -> None:
    """It is that of the last event, and 0 before the first."""
    with store.read() as work:
        assert work.interactions.last_sequence() == 0
    add(store, click("a"), click("b"))
    with store.read() as work:
        assert work.interactions.last_sequence() == events(store)[-1].sequence


def test_of_unknown_books(store: Store) -> None:
    """Interactions whose book the catalogue lacks are counted until it arrives."""
    add(store, click("a", book=1), click("b", book=2), click("c", book=2))
    counts = []
    for book in (9, 1, 2):
        with store.write() as work:
            work.books.upsert([Book(id=book, title="")])
            work.commit()
        with store.read() as work:
            counts.append(work.interactions.of_unknown_books())
    assert counts == [3, 2, 0]
