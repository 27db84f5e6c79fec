"""Interactions, on both databases."""

from datetime import UTC, date, datetime
from math import isnan

import pytest

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, HistoryPage, Interaction, InteractionKind
from recommendations.store import Store
from recommendations.store.interactions import CHUNK


def click(id_: str, *, reader: int = 1, book: int = 1) -> Interaction:
    return Interaction(id=id_, reader_id=reader, book_id=book, kind=InteractionKind.CLICK)


def undo(id_: str, undoes: str, *, reader: int = 1) -> Interaction:
    return Interaction(id=id_, reader_id=reader, book_id=0, kind=InteractionKind.UNDO, undoes=undoes)


def add(store: Store, *batch: Interaction) -> set[str]:
    with store.write() as work:
        stored = work.interactions.add(batch)
        work.commit()
    return stored


def events(store: Store, after: int = 0) -> list[Event]:
    with store.read() as work:
        return [event for chunk in work.interactions.events_after(after) for event in chunk]


def test_add_returns_new_ids_only(store: Store) -> None:
    """An id stored before is not stored again, even if other fields differ."""
    assert add(store, click("a"), click("b")) == {"a", "b"}
    assert add(store, click("b", book=9), click("c")) == {"c"}
    assert add(store, click("a")) == set()
    assert add(store) == set()
    assert [event.book_id for event in events(store)] == [1, 1, 1]


def test_the_first_of_a_repeated_id_in_one_batch_counts(store: Store) -> None:
    """Within a batch the first interaction with an id is stored, in the order of the batch."""
    assert add(store, click("a", book=1), click("b", book=2), click("a", book=3)) == {"a", "b"}
    assert [event.book_id for event in events(store)] == [1, 2]


def test_more_interactions_than_fit_one_statement(store: Store) -> None:
    """A batch larger than the contract allows is stored in its order."""
    batch = [click(f"i{number}", book=number) for number in range(1, 3001)]
    assert add(store, *batch) == {interaction.id for interaction in batch}
    assert [event.book_id for event in events(store)] == list(range(1, 3001))


def test_add_imported_counts_the_new_ones(store: Store) -> None:
    """The second time none is new, and repeats within the batch count once."""
    batch = [click(f"i{number}") for number in range(2500)]
    for expected in (2500, 0):
        with store.write() as work:
            assert work.interactions.add_imported(batch) == (expected, 0)
            work.commit()
    with store.write() as work:
        assert work.interactions.add_imported([click("x"), click("x"), click("i7")]) == (1, 0)


@pytest.mark.parametrize(
    "occurred_at",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
def test_every_field_is_stored(store: Store, occurred_at: datetime) -> None:
    """The event has the fields that the model needs, and a page has all of them."""
    rated = Interaction(
        id="r",
        reader_id=2**31 - 1,
        book_id=7,
        kind=InteractionKind.RATING,
        value=3.5,
        occurred_at=occurred_at,
        recommendation_id="list",
    )
    add(store, rated)
    (event,) = events(store)
    assert event[1:5] == (2**31 - 1, 7, InteractionKind.RATING, 3.5)
    assert event.happened == pytest.approx(occurred_at.timestamp(), abs=0.001)
    with store.read() as work:
        assert work.interactions.page(rated.reader_id, before=None, limit=9).interactions == (rated,)


def test_an_unknown_time_is_nan(store: Store) -> None:
    """An event without a time has NaN."""
    add(store, click("a"))
    assert isnan(events(store)[0].happened)


def test_events_after_a_sequence_number(store: Store) -> None:
    """Events come in the order of sequence numbers, from the next one on."""
    for number in range(5):
        add(store, click(f"i{number}", book=number + 1), click("i0"))
    everything = events(store)
    assert [event.book_id for event in everything] == [1, 2, 3, 4, 5]
    assert [event.sequence for event in everything] == sorted({event.sequence for event in everything})
    assert events(store, everything[2].sequence) == everything[3:]
    assert events(store, everything[-1].sequence) == []


@pytest.mark.slow
def test_events_come_in_chunks(store: Store) -> None:
    """A long history comes in chunks that together are complete."""
    with store.write() as work:
        work.interactions.add_imported([click(f"i{number}", book=number + 1) for number in range(16 * CHUNK + 5)])
        work.commit()
    with store.read() as work:
        chunks = list(work.interactions.events_after(0))
    assert [len(chunk) for chunk in chunks] == [CHUNK] * 16 + [5]
    assert [event.book_id for chunk in chunks for event in chunk] == list(range(1, 16 * CHUNK + 6))


def test_last_sequence(store: Store) -> None:
    """The number of the last event, and 0 before the first."""
    with store.read() as work:
        assert work.interactions.last_sequence() == 0
    add(store, click("a"), click("b"))
    with store.read() as work:
        assert work.interactions.last_sequence() == events(store)[-1].sequence


def test_of_unknown_books(store: Store) -> None:
    """Interactions count until their book is in the catalogue; an undo never counts."""
    add(store, click("a", book=1), click("b", book=2), click("c", book=2), undo("u", "x"))
    counts = []
    for book in (9, 1, 2):
        with store.write() as work:
            work.books.upsert([Book(id=book, title="")], date(2026, 1, 1))
            work.commit()
        with store.read() as work:
            counts.append(work.interactions.of_unknown_books())
    assert counts == [3, 2, 0]


@pytest.mark.parametrize("undo_first", [False, True])
def test_undone_interactions_are_left_out(store: Store, *, undo_first: bool) -> None:
    """Whichever of the two was stored first; only `events_after` has the undo."""
    both = [click("a", book=1), undo("u", "a")]
    for interaction in [click("b", book=2), *(reversed(both) if undo_first else both), click("c", book=3)]:
        assert add(store, interaction) == {interaction.id}
    assert [(event.book_id, event.kind) for event in events(store)] == [
        (2, InteractionKind.CLICK),
        (0, InteractionKind.UNDO),
        (3, InteractionKind.CLICK),
    ]
    with store.read() as work:
        assert [event.book_id for event in work.interactions.events_of(1)] == [2, 3]
        page = work.interactions.page(1, before=None, limit=9)
        assert [interaction.id for interaction in page.interactions] == ["c", "b"]


def test_an_undo_is_stored_once(store: Store) -> None:
    """A repeated id of an undo is not stored again; a second undo with another id is, without effect."""
    assert add(store, click("a"), undo("u", "a"), undo("u", "a")) == {"a", "u"}
    assert add(store, undo("u", "a"), undo("v", "a")) == {"v"}
    assert [event.kind for event in events(store)] == [InteractionKind.UNDO] * 2


def test_readers_undo_only_their_own_interactions(store: Store) -> None:
    """An undo that names another reader's interaction, or an unknown one, has no effect."""
    add(store, click("a"), undo("u", "a", reader=2), undo("v", "nothing"))
    with store.read() as work:
        assert [event.book_id for event in work.interactions.events_of(1)] == [1]


def test_events_of_one_reader(store: Store) -> None:
    """All of the reader's events, in order, and no others."""
    add(store, click("a", book=3), click("b", reader=2, book=1), click("c", book=2))
    with store.read() as work:
        assert work.interactions.events_of(1) == [event for event in events(store) if event.reader_id == 1] != []
        assert [event.book_id for event in work.interactions.events_of(1)] == [3, 2]
        assert work.interactions.events_of(3) == []


def test_pages_of_a_history(store: Store) -> None:
    """Each interaction comes once, the latest first, and the last page has no `older`."""
    add(store, *(click(f"i{number}") for number in range(5)), click("other", reader=2), undo("u", "i1"))
    pages, before = [], None
    for _ in range(2):
        with store.read() as work:
            page = work.interactions.page(1, before=before, limit=2)
        pages.append([interaction.id for interaction in page.interactions])
        before = page.older
    assert pages == [["i4", "i3"], ["i2", "i0"]]
    assert before is None
    with store.read() as work:
        assert work.interactions.page(3, before=None, limit=2) == HistoryPage((), None)


@pytest.mark.parametrize("many", [False, True])
def test_late_interactions_of_retired_readers(store: Store, *, many: bool) -> None:
    """Those of a merged reader are stored for the other reader; those of a forgotten one are not stored."""
    with store.write() as work:
        work.readers.merge(1, 2)
        work.readers.forget(3)
        batch = [click("a"), click("b", reader=2), click("c", reader=3), click("d", reader=4)]
        if many:
            assert work.interactions.add_imported(batch) == (3, 1)
            assert work.interactions.add_imported([click("e", reader=3)]) == (0, 1)
        else:
            assert work.interactions.add(batch) == {"a", "b", "d"}
            assert work.interactions.add([click("e", reader=3)]) == set()
        work.commit()
    assert [event.reader_id for event in events(store)] == [2, 2, 4]
