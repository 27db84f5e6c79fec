"""The catalogue as arrays, and indexed by the rows of a model."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.model.ranking.catalogue import IMPORT_BOOKS, Catalogue
from recommendations.model.ranking.catalogue_index import FRESH_DAYS, CatalogueIndex
from recommendations.model.vocabulary import ABSENT, Vocabulary

LEARNED = Vocabulary(np.array([10, 20, 30], dtype=np.int32))
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION
TODAY = date(2026, 6, 15)


def book(
    id_: int,
    *categories: Category,
    year: int | None = None,
    published_on: date | None = None,
    added_on: date | None = None,
    removed: bool = False,
) -> Book:
    """A book with its categories and its age."""
    return Book(
        id=id_,
        title=f"Book {id_}",
        categories=categories,
        year=year,
        published_on=published_on,
        added_on=added_on,
        removed=removed,
    )


def indexed(*books: Book) -> CatalogueIndex:
    """The index of these books for a model that learned 10, 20 and 30."""
    return CatalogueIndex(LEARNED, Catalogue.empty().updated(books))


def newest(*books: Book) -> list[int]:
    """The ids of all available books, newest first."""
    index = indexed(*books)
    return [int(index.ids[row]) for row in index.topic(None).newest_rows()]


def test_books_unknown_to_the_model_come_after_its_own() -> None:
    """The model keeps its rows, and new books follow by id, in whatever order they arrived."""
    index = indexed(book(99), book(10), book(15))
    assert index.ids.tolist() == [10, 20, 30, 15, 99]
    assert index.rows([99, 10, 15]).tolist() == [4, 0, 3]
    assert [index.row(id_) for id_ in (99, 10, 15)] == [4, 0, 3]
    assert [index.books[row] for row in (4, 0, 3)] == [book(99), book(10), book(15)]


def test_ids_that_were_never_in_the_catalogue_have_no_row() -> None:
    """Neither unknown ids nor books that only the model knows have a row."""
    assert indexed(book(10)).rows([7, 2**31 - 1, 10, 20, 0]).tolist() == [ABSENT, ABSENT, 0, ABSENT, ABSENT]
    assert indexed(book(40)).row(20) == indexed().row(10) == ABSENT
    assert indexed().rows([10]).tolist() == [ABSENT]
    assert indexed(book(10)).rows([]).tolist() == []


def test_missing_and_removed_books_are_not_available() -> None:
    """They are in no category; a removed book still has a row and its fields."""
    index = indexed(book(10, M), book(30, M), book(40, M, removed=True))
    assert index.available.tolist() == [True, False, True, False]
    for category in (None, M):
        assert index.topic(category).has.tolist() == [True, False, True, False]
        assert sorted(index.topic(category).newest_rows()) == [0, 2]
    assert index.books[3].removed


@pytest.mark.parametrize("category", Category)
def test_books_by_category(category: Category) -> None:
    """A book is in each of its categories, even if it is repeated, and in no other."""
    other = Category((category + 1) % len(Category))
    index = indexed(book(10, category, category), book(20, other), book(30), book(40, other, category))
    assert index.ids[index.topic(category).has].tolist() == [10, 40]
    assert index.ids[index.topic(None).has].tolist() == [10, 20, 30, 40]


def test_newest_first() -> None:
    """By publication (a year is its first day), otherwise by addition; unknown ones last; ties by higher id."""
    yesterday = TODAY - timedelta(1)
    expected = [
        book(1, published_on=TODAY, added_on=yesterday),
        book(2, added_on=TODAY - timedelta(3)),
        book(4, published_on=date(2026, 1, 2), added_on=TODAY),
        book(3, year=2026, added_on=TODAY),
        book(20, year=1999),
        book(19, published_on=date(1999, 1, 1), year=2020),
        book(7, year=-300),
        book(9),
        book(8),
    ]
    assert newest(*reversed(expected)) == [item.id for item in expected]


@pytest.mark.parametrize("publication", [{"published_on": TODAY + timedelta(1)}, {"year": 2027}, {"year": 99_999}])
def test_a_future_publication_does_not_count(publication: dict[str, date | int]) -> None:
    """An announced or misdated book is as new as its addition, and does not stay on top forever."""
    announced = Book(id=1, title="", added_on=TODAY - timedelta(5), **publication)  # type: ignore[arg-type]
    assert newest(announced, book(2, published_on=TODAY - timedelta(2), added_on=TODAY)) == [2, 1]
    assert newest(announced, book(2, published_on=TODAY - timedelta(9), added_on=TODAY)) == [1, 2]


def test_a_publication_counts_from_its_day_on() -> None:
    """Once a book was added on that day or later, the publication counts."""
    announced = book(1, published_on=TODAY, added_on=TODAY - timedelta(9))
    others = book(2, published_on=TODAY - timedelta(1), added_on=TODAY - timedelta(1))
    assert newest(announced, others) == [2, 1]
    assert newest(announced, others, book(3, year=1900, added_on=TODAY)) == [1, 2, 3]


def test_books_of_an_import_are_not_new() -> None:
    """Undated books imported on the same day have an unknown age, and no book of that day is fresh."""
    imported = [book(id_, added_on=TODAY) for id_ in range(100, 101 + IMPORT_BOOKS)]
    dated = book(1, year=1900, added_on=TODAY - timedelta(1))
    assert newest(dated, *imported)[0] == 1
    assert newest(dated, *imported[1:])[-1] == 1
    index = indexed(dated, *imported)
    assert index.ids[index.topic(None).fresh].tolist() == [1]


def test_fresh_books() -> None:
    """Fresh books were added in the month before the last addition; by the day of addition, then by newness."""
    index = indexed(
        book(1, added_on=TODAY - timedelta(FRESH_DAYS)),
        book(2, added_on=TODAY - timedelta(FRESH_DAYS + 1)),
        book(3, M, added_on=TODAY, year=1990),
        book(4, added_on=TODAY, year=1991),
        book(5, M, added_on=TODAY, removed=True),
        book(6),
    )
    assert index.ids[index.topic(None).fresh].tolist() == [4, 3, 1]
    assert index.ids[index.topic(M).fresh].tolist() == [3]


AUTHORS = st.lists(st.sampled_from(["A. Bee", "a bee", "Cee", "Various", ""]), max_size=2).map(tuple)
BOOKS = st.builds(
    Book,
    id=st.integers(1, 8),
    title=st.just("Title"),
    authors=AUTHORS,
    subjects=AUTHORS,
    categories=st.lists(st.sampled_from([M, SF]), max_size=2).map(tuple),
    published_on=st.none() | st.just(TODAY),
    added_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 3)),
    removed=st.booleans(),
)


@pytest.mark.slow
@given(st.lists(st.lists(BOOKS, max_size=4), max_size=5))
def test_several_updates_equal_a_single_one(changes: list[list[Book]]) -> None:
    """The catalogue has the last version of each book, and earlier states have not changed."""
    states = [Catalogue.empty()]
    latest: list[dict[int, Book]] = [{}]
    for change in changes:
        states.append(states[-1].updated(change))
        latest.append(latest[-1] | {item.id: item for item in change})
    for state, books in zip(states, latest, strict=True):
        whole = Catalogue.empty().updated([books[id_] for id_ in sorted(books)])
        assert state.by_id.ids.tolist() == sorted(books)
        assert [state.books[row] for row in state.rows_by_id.tolist()] == [books[id_] for id_ in sorted(books)]
        for column in ("category_bits", "published", "added", "removed", "newness"):
            assert getattr(state, column)[state.rows_by_id].tolist() == getattr(whole, column).tolist()
        assert shared(state, books) == shared(whole, books)


def shared(catalogue: Catalogue, books: dict[int, Book]) -> list[list[tuple[int, int, int]]]:
    """For each pair of books, the numbers of shared authors and subjects; checks that the index by name agrees."""
    found = []
    for index in (catalogue.authors, catalogue.subjects):
        names = index.of(np.array([catalogue.row(id_) for id_ in books], dtype=np.int32)) if books else []
        by_id = dict(zip(books, map(set, names), strict=True))
        for id_, codes in by_id.items():
            row = catalogue.row(id_)
            spans = zip(index.spans.tolist(), index.spans[1:].tolist(), strict=False)
            having = [code for code, (start, stop) in enumerate(spans) if row in index.rows[start:stop]]
            assert having == sorted(codes)
        found.append(
            [(item, other, len(by_id[item] & by_id[other])) for item in sorted(by_id) for other in sorted(by_id)]
        )
    return found


def test_spelling_and_placeholders() -> None:
    """Case and punctuation do not matter; placeholders such as "Various" and repetitions are left out."""
    names = Catalogue.empty().authors.names
    (rowling,) = names.codes(["J.K. Rowling", "J. K. ROWLING"])
    assert names.codes(["j k rowling", "Mary GrandPré"])[0] == rowling
    assert names.codes(["Various", "Unknown Author", "", "?"]) == ()
    assert len(names.codes(["Толстой", "村上春樹"])) == 2
