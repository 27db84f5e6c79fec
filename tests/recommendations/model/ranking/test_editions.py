"""Editions of one work in lists: none of a work that the reader knows, and one of every other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import ReasonKind, Selection, SimilarBooksRequest
from recommendations.model.ranking.editions import Editions
from recommendations.model.ranking.live_histories import LONG
from recommendations.model.ranking.served_model import ServedModel
from recommendations.model.vocabulary import ABSENT
from tests.recommendations.model.artifacts import NOW, artifact_of
from tests.recommendations.model.ranking.served import (
    SF,
    TODAY,
    ChangingCatalogue,
    K,
    M,
    ask,
    by_id,
    ids,
    purchases,
    served,
)


def book(id_: int, title: str, *categories: Category, by: Sequence[str] = ("A",), year: int | None = None) -> Book:
    return Book(id=id_, title=title, authors=tuple(by), categories=categories, year=year)


def rows(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, dtype=np.int32)


# Readers of 1 read 2 and 4, most of them also 3 and 5; 2, 3 and 7 are one work, 4 and 5 are another.
EDITIONS = by_id(
    book(1, "Emma", M, by=["J"]),
    book(2, "Dune", M, year=1965),
    book(3, "Dune: Deluxe Edition", SF, year=1990),
    book(4, "Saga, Vol. 1", M, by=["B"]),
    book(5, "Saga #1", M, by=["B"]),
    book(6, "Saga, Vol. 2", M, by=["B"]),
    book(7, "Dune (Paperback)", M, year=2020),
    book(8, "Ubik", SF, by=["C"]),
)
READ = purchases(
    *((reader, id_) for reader in range(1, 7) for id_ in (1, 2, 4)),
    *((reader, id_) for reader in range(1, 5) for id_ in (3, 5)),
    *((reader, 3) for reader in range(30, 36)),
    (9, 6),
    (500, 1),
)


@pytest.fixture
def model() -> ServedModel:
    return served(READ, EDITIONS)


def work(*books: int) -> frozenset[int]:
    return frozenset(books)


def similar(model: ServedModel, book_id: int, reader_id: int = NOBODY, limit: int = 10) -> list[int]:
    return model.similar(SimilarBooksRequest(book_id=book_id, reader_id=reader_id, limit=limit)).book_ids


def test_rows_and_works() -> None:
    """Rows of the catalogue become rows of the model; editions follow each other in a ring."""
    editions = Editions(rows(ABSENT, 1, ABSENT, 1, 1, 5, 5), rows(6, 0, 5, 3, 2, 7, 1), 9)
    assert [editions.work_of[row] for row in range(9)] == [0, 7, 0, 0, 4, 5, 6, 7, 8]
    assert editions.following.tolist() == [3, 7, 0, 2, 4, 5, 6, 1, 8]
    assert sorted(editions.with_others(rows(4, 2)).tolist()) == [0, 2, 3, 4]
    assert editions.with_others(rows(4)).tolist() == [4]
    assert editions.first_of_each(rows(4, 3, 7, 0, 5, 1)).tolist() == [0, 1, 2, 4]
    assert list(editions.one_of_each(iter([4, 3, 7, 0, 5, 1]), without={7})) == [4, 3, 5]


def test_a_catalogue_without_editions() -> None:
    """Nothing is left out."""
    editions = Editions(rows(ABSENT, ABSENT), rows(1, 0), 3)
    assert not editions.exist
    assert editions.following.tolist() == [0, 1, 2]
    assert editions.with_others(rows(2, 1)).tolist() == [2, 1]
    assert editions.first_of_each(rows(2, 1)).tolist() == [0, 1]


def test_the_edition_with_the_highest_score_is_listed(model: ServedModel) -> None:
    """A personal list has one of each work: the best one of those that the category has."""
    assert ids(ask(model, 500)) == [2, 4, 6, 8]
    assert ids(ask(model, 500, SF)) == [3, 8]
    scores = {item.book.id: item.score for item in ask(model, 500).recommendations}
    alone = served(READ, {id_: replace(book, authors=()) for id_, book in EDITIONS.items()})
    unmerged = {item.book.id: item.score for item in ask(alone, 500, limit=8).recommendations}
    assert unmerged[2] > unmerged[3] > 0
    assert scores[2] == unmerged[2]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_places_of_further_editions_go_to_other_books(limit: int) -> None:
    """However many editions have high scores, a list is as long as possible."""
    editions = [book(id_, f"Dune, {id_}th Edition") for id_ in range(2, 40)]
    others = [book(id_, f"Book {id_} of many", by=[str(id_)]) for id_ in (1, 50, 51)]
    readers = [(reader, id_) for reader in range(40) for id_ in (1, *range(2, 40))]
    events = purchases(
        *readers, *((reader, 50) for reader in range(9)), *((reader, 51) for reader in range(8)), (99, 1)
    )
    for diversity in (0.0, 0.3):
        model = ServedModel.of(artifact_of([1], events), [*editions, *others], diversity=diversity)
        assert ids(ask(model, 99, limit=limit)) == [2, 50, 51][:limit]
        assert similar(model, 1, limit=limit) == [2, 50, 51][:limit]


def test_popular_and_new_books(model: ServedModel) -> None:
    """The most popular and the newest edition are listed."""
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR)) == [3, 1, 4, 8, 6]
    assert ids(ask(model, NOBODY, M, selection=Selection.POPULAR)) == [1, 2, 4, 6]
    assert ids(ask(model, NOBODY, selection=Selection.NEW))[0] == 7
    assert not work(2, 3) & set(ids(ask(model, NOBODY, selection=Selection.NEW)))
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR, limit=2)) == [3, 1]


@pytest.mark.parametrize("known", [2, 3, 7])
@pytest.mark.parametrize(
    ("kind", "value"), [(K.PURCHASE, 0.0), (K.RATING, 5.0), (K.RATING, 0.5), (K.NOT_INTERESTED, 0.0)]
)
def test_no_edition_of_a_known_work(model: ServedModel, known: int, kind: K, value: float) -> None:
    """Bought, rated or dismissed: no list has another edition of it, whatever else the reader liked."""
    model.observe([Event(900, 500, known, kind, value, NOW.timestamp())])
    for selection in Selection:
        for category in (None, M, SF):
            listed = ids(ask(model, 500, category, selection=selection, limit=50))
            assert listed
            assert not work(2, 3, 7) & set(listed)
    assert not work(2, 3, 7) & set(similar(model, 4, 500))
    assert work(2, 3, 7) & set(similar(model, 4))
    assert work(2, 3, 7) & set(ids(ask(model, 501)))


def test_editions_of_a_viewed_book_come_last(model: ServedModel) -> None:
    """As the book itself, and only one of them."""
    model.observe([Event(900, 500, 2, K.VIEW, 0.0, NOW.timestamp())])
    assert ids(ask(model, 500)) == [4, 6, 8, 2]
    assert ids(ask(model, 500, SF)) == [8, 3]


def test_excluded_works(model: ServedModel) -> None:
    """With an excluded book all its editions are left out."""
    for selection in Selection:
        listed = ids(ask(model, 500, selection=selection, excluded=frozenset({7, 5})))
        assert not work(2, 3, 4, 5, 7) & set(listed)
        assert work(6, 8) <= set(listed)


@pytest.mark.parametrize("known", [2, 3, 7])
def test_similar_books_are_no_editions_of_the_book(model: ServedModel, known: int) -> None:
    """Neither neighbours nor books of its authors or categories; and one of each other work."""
    listed = similar(model, known)
    assert not work(2, 3, 7) & set(listed)
    assert len(work(4, 5) & set(listed)) == 1


def test_similar_books_by_content_have_one_of_each_work() -> None:
    """The most popular edition of the equally similar ones, also among books of the same categories."""
    books = by_id(
        book(1, "Ubik", M),
        *(book(id_, f"Valis ({id_}nd Edition)", M) for id_ in (2, 3, 4)),
        *(book(id_, f"Emma ({id_}th Edition)", M, by=["B"]) for id_ in (5, 6, 7)),
    )
    readers = {1: 3, 2: 3, 3: 5, 4: 3, 5: 3, 6: 4, 7: 3}
    model = served(
        purchases(*((100 * id_ + reader, id_) for id_, count in readers.items() for reader in range(count))), books
    )
    assert similar(model, 1) == [3, 6]


def test_a_neighbour_is_no_edition_of_books_by_content() -> None:
    """Of a work with a neighbour of the book, no further edition follows as a book of its author or categories."""
    books = by_id(
        book(1, "Ubik", M),
        *(book(id_, f"Valis ({id_}nd Edition)", M) for id_ in (2, 3)),
        *(book(id_, f"Emma ({id_}th Edition)", M, by=["B"]) for id_ in (4, 5)),
    )
    model = served(
        purchases(
            *((reader, id_) for reader in (11, 12, 13) for id_ in (1, 2, 4)),
            *((reader, id_) for reader in (21, 22, 23, 24) for id_ in (3, 5)),
        ),
        books,
    )
    assert sorted(similar(model, 1)) == [2, 4]


def test_a_fresh_book_is_no_edition_of_a_popular_one() -> None:
    """The places that are kept for fresh books never repeat a work of the list."""
    old = [book(id_, f"Title {id_}", by=["A"]) for id_ in range(1, 10)]
    fresh = [
        replace(book(50, "Title 1: Deluxe Edition"), added_on=TODAY),
        replace(book(51, "Another"), added_on=TODAY - timedelta(1)),
    ]
    crowd = [(100 * id_ + reader, id_) for id_ in range(1, 10) for reader in range(20 - id_)]
    for books in ([*old, *fresh], [*fresh, *old]):
        model = served(purchases(*crowd), by_id(*books))
        listed = ids(ask(model, NOBODY, limit=10))
        assert len(listed) == 10
        assert len(work(1, 50) & set(listed)) == 1


def test_a_changed_title_counts_at_once() -> None:
    """A book becomes another edition, or stops being one, with the next state of the catalogue."""
    catalogue = ChangingCatalogue(EDITIONS)
    model = ServedModel(artifact_of(EDITIONS, READ), catalogue)
    model.observe([Event(900, 500, 8, K.PURCHASE, 0.0, NOW.timestamp())])
    changes = [
        (book(6, "Ubik: Deluxe Edition", M, by=["C", "D"]), {2, 4}),
        (book(6, "Saga, Vol. 2", M, by=["B"]), {2, 4, 6}),
        (replace(EDITIONS[4], work="W1"), {2, 4, 6}),
        (replace(EDITIONS[8], work="W1"), {2, 6}),
        (replace(EDITIONS[8], removed=True), {2, 4, 6}),
        (book(8, "Dune: Audio CD"), {4, 6}),
        (replace(EDITIONS[3], title="Dune Messiah"), {3, 4, 6}),
        (book(100, "Dune Messiah (Dune, #2)", M, year=2026), {3, 4, 6}),
        (book(101, "Saga: A New Hope", M, by=["B"]), {3, 4, 6, 101}),
    ]
    for changed, expected in changes:
        catalogue.update(changed)
        model.refresh_catalogue()
        assert set(ids(ask(model, 500))) == expected, changed.title


def test_a_cold_start_edition() -> None:
    """An edition that the model has not learned is left out for readers of another one, and not listed beside it."""
    catalogue = ChangingCatalogue(EDITIONS)
    model = ServedModel(artifact_of(EDITIONS, READ), catalogue)
    catalogue.update(book(100, "Emma [Kindle Edition]", M, by=["J"], year=2026))
    model.refresh_catalogue()
    assert not work(1, 100) & set(ids(ask(model, 500)))
    assert len(work(1, 100) & set(ids(ask(model, 501)))) == 1
    assert 100 not in similar(model, 1)
    model.observe([Event(900, 600, 100, K.PURCHASE, 0.0, NOW.timestamp())])
    result = ask(model, 600)
    assert not work(1, 100) & set(ids(result))
    assert {item.reason.kind for item in result.recommendations if item.score} <= {
        ReasonKind.SAME_AUTHOR,
        ReasonKind.SAME_SUBJECT,
    }


def test_a_long_history(model: ServedModel) -> None:
    """A reader of thousands of books gets no other edition of any."""
    books = by_id(
        *(book(id_, f"Title {id_}x", M, by=[f"Author {chr(id_ + 0x4E00)}"]) for id_ in range(1, LONG + 100)),
        *(
            book(10_000 + id_, f"Title {id_}x: Deluxe Edition", M, by=[f"Author {chr(id_ + 0x4E00)}"])
            for id_ in range(1, LONG + 100)
        ),
    )
    model = served([], books)
    model.observe([Event(id_, 7, id_ + 10_000 * (id_ % 2), K.PURCHASE, 0.0) for id_ in range(1, LONG + 90)])
    for selection in Selection:
        listed = ids(ask(model, 7, selection=selection, limit=100))
        assert sorted(id_ % 10_000 for id_ in listed) == list(range(LONG + 90, LONG + 100))
