"""Interactions by column, and sets of books by reader."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation import interactions as module
from recommendations.evaluation.interactions import Interactions, ReaderBooks, pair_keys
from recommendations.model.vocabulary import GREATEST
from tests.recommendations.evaluation.histories import as_mapping, bought, did, interactions
from tests.recommendations.stores import hooked_store

RATING, VIEW, SHOWN = InteractionKind.RATING, InteractionKind.VIEW, InteractionKind.SHOWN
DISMISSED = InteractionKind.NOT_INTERESTED
IDS = st.integers(1, GREATEST)


def test_columns_keep_the_order_and_leave_out_shown_books() -> None:
    """Every field is kept, with NaN for an unknown time; books that were only shown are left out."""
    history = Interactions.of([[did(2, 5, RATING, 4.5, at=90), did(1, 6, SHOWN, at=91)], [], [did(1, 7, VIEW)]])
    assert (history.readers.tolist(), history.books.tolist()) == ([2, 1], [5, 7])
    assert (history.kinds.tolist(), history.values.tolist()) == ([RATING, VIEW], [4.5, 0.0])
    assert history.times[0] == 90
    assert history.dated.tolist() == [True, False]


def test_no_interactions() -> None:
    """Without interactions that express a preference the columns are empty."""
    assert len(Interactions.of([])) == len(interactions(did(1, 1, SHOWN))) == 0


def test_filtering() -> None:
    """All five columns are filtered."""
    history = interactions(did(1, 5, at=1), did(2, 6, RATING, 2.0, at=2), did(3, 7, at=3))
    filtered = history.where(np.array([False, True, False]))
    assert [column.tolist() for column in vars(filtered).values()] == [[2], [6], [RATING], [2.0], [2.0]]


def test_events_are_numbered_through_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three events in chunks of two are numbered 1, 2 and 3, with all their fields."""
    monkeypatch.setattr(module, "CHUNK", 2)
    chunks = list(interactions(did(1, 5), did(2, 6, RATING, 2.0), did(1, 7, VIEW)).events())
    assert [[event[:5] for event in chunk] for chunk in chunks] == [
        [(1, 1, 5, InteractionKind.PURCHASE, 0.0), (2, 2, 6, RATING, 2.0)],
        [(3, 1, 7, VIEW, 0.0)],
    ]


def test_pairs_without_a_kind_are_purchases() -> None:
    """Pairs are purchases at an unknown time, as in `import`."""
    history = bought({1: [5, 6], 2: [5]})
    pairs = Interactions.purchases(history.readers, history.books)
    for mine, theirs in zip(vars(pairs).values(), vars(history).values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_saved_interactions_can_be_loaded(tmp_path: Path) -> None:
    """All five columns are restored, including unknown times."""
    saved = interactions(did(1, 5, RATING, 4.5, at=3), did(2, 6))
    saved.save(tmp_path / "history.npz")
    for found, expected in zip(
        vars(Interactions.load(tmp_path / "history.npz")).values(), vars(saved).values(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_known_and_liked_follow_the_domain() -> None:
    """The last opinion wins: a book with a low rating or dismissed is known but not liked, even if it was bought."""
    known, liked = interactions(
        did(1, 1),
        did(1, 2),
        did(1, 2, RATING, 1.0),
        did(1, 3, RATING, 1.0),
        did(1, 3, RATING, 5.0),
        did(1, 4, DISMISSED),
        did(2, 4, VIEW),
        did(3, 4, RATING, 2.5),
    ).known_and_liked()
    assert as_mapping(known) == {1: [1, 2, 3, 4], 2: [4], 3: [4]}
    assert as_mapping(liked) == {1: [1, 3], 2: [4]}


def test_of_several_ratings_that_counts_which_an_import_stores(tmp_path: Path) -> None:
    """Whatever ratings of a book readers gave, with times or without, an import leaves the same opinions."""
    rng = np.random.default_rng(1)
    moments = (None, 1, 2, 3)
    rated = [
        replace(did(reader, 1, RATING, float(rng.integers(1, 4)), moments[rng.integers(4)]), id=f"{reader}:{number}")
        for reader in range(1, 301)
        for number in range(rng.integers(1, 7))
    ]
    with hooked_store(tmp_path) as store:
        with store._store.write() as work:
            work.interactions.add_imported(rated)
            work.commit()
        imported = [(event.reader_id, event.value) for event in store.events]
    events = [event for chunk in interactions(*rated).events() for event in chunk]
    assert [(event.reader_id, event.value) for event in events] == imported
    assert len(events) == 300


def test_the_later_rating_counts_wherever_it_is() -> None:
    """It does in training and in what is liked; other actions with the book stay."""
    history = interactions(
        did(1, 7, VIEW, at=1),
        did(1, 7, RATING, 5.0, at=300),
        did(1, 7, RATING, 1.0, at=200),
        did(2, 7, RATING, 1.0, at=100),
        did(1, 8, RATING, 4.0),
    )
    (events,) = history.events()
    assert [(event.reader_id, event.book_id, event.value) for event in events] == [
        (1, 7, 0.0),
        (1, 7, 5.0),
        (2, 7, 1.0),
        (1, 8, 4.0),
    ]
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert as_mapping(history.known_and_liked()[1]) == {1: [7, 8]}
    assert len(history) == 5


def test_the_number_of_books_of_readers() -> None:
    """Unknown readers have none."""
    books = ReaderBooks.of(np.array([2, 2, 5], dtype=np.int32), np.array([7, 8, 7], dtype=np.int32))
    assert books.lengths(np.array([1, 5, 2, 9], dtype=np.int32)).tolist() == [0, 1, 2, 0]
    nobody = ReaderBooks.of(*np.empty((2, 0), dtype=np.int32))
    assert nobody.lengths(np.array([1], dtype=np.int32)).tolist() == [0]


@given(pairs=st.lists(st.tuples(IDS | st.integers(1, 3), IDS | st.integers(1, 3))))
def test_sets_have_neither_order_nor_repetitions(pairs: list[tuple[int, int]]) -> None:
    """Each reader has exactly their books, ascending, and `pairs` returns all in order."""
    readers, books = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    gathered = ReaderBooks.of(readers, books)
    expected = sorted(set(pairs))
    assert list(zip(*(column.tolist() for column in gathered.pairs()), strict=True)) == expected
    assert len(gathered) == len(expected)
    for reader in {reader for reader, _ in pairs}:
        assert gathered.of_reader(reader).tolist() == [book for owner, book in expected if owner == reader]


def test_a_reader_without_books() -> None:
    """An unknown reader has no books."""
    ids = np.array([4], dtype=np.int32)
    assert ReaderBooks.of(ids, ids).of_reader(5).tolist() == []
    assert ReaderBooks.of(ids[:0], ids[:0]).of_reader(4).tolist() == []


def test_pair_keys_are_unique() -> None:
    """Swapped ids have another key, and the greatest ids fit."""
    readers = np.array([1, 2, GREATEST], dtype=np.int32)
    books = np.array([2, 1, GREATEST], dtype=np.int32)
    assert pair_keys(readers, books).tolist() == [2**32 + 2, 2 * 2**32 + 1, GREATEST * 2**32 + GREATEST]
