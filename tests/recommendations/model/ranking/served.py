"""A small model being served, and helpers to use it."""

from collections.abc import Iterable, Mapping
from datetime import date

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.domain.recommending import RecommendationList, RecommendRequest, Selection, Topic
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import artifact_of

K = InteractionKind
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION
TODAY = date(2026, 1, 1)


def book(id_: int, *categories: Category, year: int | None = None) -> Book:
    return Book(id=id_, title=f"Book {id_}", categories=categories, year=year)


def by_id(*books: Book) -> dict[int, Book]:
    return {book.id: book for book in books}


def purchases(*pairs: tuple[int, int]) -> list[Event]:
    return [Event(sequence, reader, id_, K.PURCHASE, 0.0) for sequence, (reader, id_) in enumerate(pairs, 1)]


def served(
    events: list[Event], books: Mapping[int, Book], *, known: Iterable[int] | None = None, prior: float = 0.0
) -> ServedModel:
    """A model of `known` books (all of them by default), trained on `events`; for `prior` see `artifact_of`."""
    return ServedModel.of(artifact_of(books if known is None else known, events, prior), books.values())


class ChangingCatalogue:
    """Returns the current catalogue when called."""

    def __init__(self, books: Mapping[int, Book]) -> None:
        self._current = Catalogue.empty().updated(list(books.values()))

    def __call__(self) -> Catalogue:
        return self._current

    def update(self, *books: Book) -> None:
        self._current = self._current.updated(books)


def ask(
    model: ServedModel,
    reader_id: int,
    topic: Topic | None = None,
    *,
    limit: int = 10,
    excluded: frozenset[int] = frozenset(),
    selection: Selection = Selection.FOR_YOU,
) -> RecommendationList:
    return model.recommend(
        RecommendRequest(reader_id=reader_id, topic=topic, limit=limit, excluded=excluded, selection=selection)
    )


def ids(result: RecommendationList) -> list[int]:
    return [item.book.id for item in result.recommendations]


# Three readers of 1 also read 2, and two also read 3; readers of 4 read 5; everybody else reads 6.
CATALOGUE = by_id(
    book(1, M), book(2, M), book(3, SF), book(4, SF), book(5, SF), book(6, M), book(7, M, year=2020), book(8, SF)
)
HISTORY = purchases(
    *((reader, 1) for reader in (11, 12, 13)),
    *((reader, 2) for reader in (11, 12, 13)),
    *((reader, 3) for reader in (11, 12)),
    *((reader, 4) for reader in (14, 15)),
    *((reader, 5) for reader in (14, 15)),
    *((reader, 6) for reader in range(20, 26)),
    (30, 1),
    (31, 1),
    (31, 4),
)
