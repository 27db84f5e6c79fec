"""What the shop keeps of each reader's recommendations, for an outage."""

import tracemalloc
from collections.abc import Sequence

import pytest

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.recommendations import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
)
from marketplace.store import Store
from marketplace.usecases.shelves.cards import CardCache
from marketplace.usecases.shelves.last_good import LastGood
from marketplace.usecases.shelves.shelves import Shelves
from tests.marketplace.fakes import FakeRecommender, because_of, recommended
from tests.marketplace.stored import put

FOR_YOU = RecommendationRequest(None, 12)
MYSTERIES = RecommendationRequest(Category.MYSTERY, 6)
READERS = 200
MOST_BYTES = 3_000


class FreshLists(FakeRecommender):
    """Answers as over the wire: nothing that it returns is shared."""

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        return [
            RecommendationList(
                tuple(
                    Recommendation(book_id, because_of(f"A title of reader {reader_id}", f"Another of {reader_id}"))
                    for book_id in range(1_000, 1_000 + request.limit)
                ),
                f"list-of-{reader_id}",
            )
            for request in requests
        ]


@pytest.fixture
def last_good(sqlite_store: Store) -> LastGood:
    return LastGood(CardCache(sqlite_store))


def test_lists_come_back(last_good: LastGood, sqlite_store: Store) -> None:
    """With their reasons, except those whose books the catalogue no longer has; lists of other requests are kept."""
    put(sqlite_store, Book(id=1, title="Dune"))
    personal = Reason(ReasonKind.BECAUSE_OF_BOOKS, ((1, "Dune"), (2, "Deleted"), (1, "Dune")))
    gone = Reason(ReasonKind.SAME_AUTHOR, ((2, "Deleted"),))
    books = (Recommendation(7, personal), Recommendation(8, gone), Recommendation(9, Reason(ReasonKind.POPULAR)))
    last_good.keep(5, {FOR_YOU: RecommendationList(books, "first")})
    assert last_good.lists(6, [FOR_YOU]) is None
    assert last_good.lists(5, [MYSTERIES, FOR_YOU]) is None
    last_good.keep(5, {MYSTERIES: recommended(3)})
    shown = (
        Recommendation(7, Reason(ReasonKind.BECAUSE_OF_BOOKS, ((1, "Dune"),))),
        Recommendation(8),
        Recommendation(9, Reason(ReasonKind.POPULAR)),
    )
    assert last_good.lists(5, [FOR_YOU, MYSTERIES]) == [RecommendationList(shown, "first"), recommended(3)]
    unknown = RecommendationRequest(Category.POETRY, 6)
    assert last_good.lists(5, [FOR_YOU, unknown]) == [RecommendationList(shown, "first"), RecommendationList(())]


def test_a_reader_takes_little_memory(sqlite_store: Store) -> None:
    """The lists of 1,000 readers must not be the largest thing in the shop's memory."""
    shelves = Shelves(sqlite_store, FreshLists(), CardCache(sqlite_store))
    shelves.home(1)
    tracemalloc.start()
    try:
        for reader_id in range(2, READERS + 2):
            shelves.home(reader_id)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / READERS < MOST_BYTES
