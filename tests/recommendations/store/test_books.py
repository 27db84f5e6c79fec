"""The copy of the catalogue, on both databases."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine

from recommendations.domain.books import Book, Category
from recommendations.store import Store
from tests.parameters import allow_parameters

DUNE = Book(
    id=1,
    title="Dune",
    authors=("Frank Herbert",),
    categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
    subjects=("deserts", "politics"),
    year=1965,
    published_on=date(1965, 8, 1),
    isbn="978-0-441-01359-3",
    work="3634639",
    ratings_count=2**63 - 1,
    average_rating=4.34,
)
UBIK = Book(id=2, title="Ubik — ✓")
TODAY, LATER = date(2026, 1, 1), date(2026, 2, 2)


def put(store: Store, *books: Book, today: date = TODAY) -> set[int]:
    with store.write() as work:
        changed = work.books.upsert(books, today)
        work.commit()
    return changed


def remove(store: Store, *book_ids: int) -> set[int]:
    with store.write() as work:
        removed = work.books.remove(book_ids)
        work.commit()
    return removed


def stored(book: Book, day: date = TODAY) -> Book:
    """The book as the store returns it."""
    return replace(book, added_on=day)


def catalogue(store: Store) -> dict[int, Book]:
    with store.read() as work:
        return {book.id: book for book in work.books.changed_since(0)[0]}


def test_books_come_back_as_they_were(store: Store) -> None:
    """Every field is kept, absent ones too, and `added_on` is set."""
    put(store, DUNE, UBIK)
    assert catalogue(store) == {1: stored(DUNE), 2: stored(UBIK)}
    with store.read() as work:
        assert sorted(work.books.ids()) == [1, 2]


def test_upsert_returns_changed_ids(store: Store) -> None:
    """Only the ids of new and changed books."""
    assert put(store, DUNE, UBIK) == {1, 2}
    assert put(store, DUNE, UBIK) == set()
    assert put(store, replace(DUNE, ratings_count=7), replace(UBIK, average_rating=0.1)) == {1, 2}
    assert put(store, replace(DUNE, year=None), replace(UBIK, average_rating=0.1), Book(id=3, title="Solaris")) == {
        1,
        3,
    }
    assert put(store) == set()
    assert {id_: book.year for id_, book in catalogue(store).items()} == {1: None, 2: None, 3: None}


def test_the_last_of_a_repeated_book_counts(store: Store) -> None:
    """Of two books with one id in a batch the second is stored, even if it equals the stored one."""
    assert put(store, DUNE, replace(DUNE, title="Dune II")) == {1}
    assert catalogue(store)[1].title == "Dune II"
    assert put(store, DUNE, replace(DUNE, title="Dune II")) == set()
    assert catalogue(store)[1].title == "Dune II"


def test_added_on_stays(store: Store) -> None:
    """It is kept when a book is changed, removed and restored, and is no change by itself."""
    put(store, DUNE)
    assert put(store, replace(DUNE, added_on=LATER), today=LATER) == set()
    assert put(store, replace(DUNE, year=1966), today=LATER) == {1}
    remove(store, 1)
    put(store, DUNE, today=LATER)
    assert catalogue(store)[1] == stored(DUNE)
    put(store, UBIK, today=LATER)
    assert catalogue(store)[2] == stored(UBIK, LATER)


def test_removed_books_stay_marked(store: Store) -> None:
    """`changed_since` reports a removal, training still has the book, and removing it again changes nothing."""
    put(store, DUNE, UBIK)
    assert remove(store, 1, 7) == {1}
    with store.read() as work:
        assert work.books.changed_since(1) == ([replace(stored(DUNE), removed=True)], 2)
        assert sorted(work.books.ids()) == [1, 2]
    assert remove(store, 1) == set()
    assert remove(store) == set()
    with store.read() as work:
        assert work.books.revision() == 2


def test_a_removed_book_comes_back(store: Store) -> None:
    """An upsert restores it, unchanged or not, and `changed_since` reports it."""
    put(store, DUNE)
    remove(store, 1)
    assert put(store, DUNE) == {1}
    with store.read() as work:
        assert work.books.changed_since(2) == ([stored(DUNE)], 3)


def test_revisions_count_the_changes_of_the_catalogue(store: Store) -> None:
    """Each upsert that changes something is one revision."""
    with store.read() as work:
        assert work.books.revision() == 0
    for books, revision in [([DUNE, UBIK], 1), ([DUNE], 1), ([replace(UBIK, title="Ubik")], 2)]:
        put(store, *books)
        with store.read() as work:
            assert work.books.revision() == revision


def test_changed_since(store: Store) -> None:
    """A follower that asks with the revision it reached gets each change once."""
    with store.read() as work:
        assert work.books.changed_since(0) == ([], 0)
    put(store, DUNE, UBIK)
    put(store, DUNE, replace(UBIK, title="Ubik"))
    with store.read() as work:
        assert work.books.changed_since(1) == ([stored(replace(UBIK, title="Ubik"))], 2)
        assert work.books.changed_since(2) == ([], 2)
        assert len(work.books.changed_since(0)[0]) == 2


@pytest.mark.slow
def test_ten_thousand_books_in_one_batch(store: Store) -> None:
    """An import's batch does not exceed the limits of a statement."""
    many = [replace(UBIK, id=id_) for id_ in range(1, 10_001)]
    assert len(put(store, *many)) == 10_000
    assert put(store, *many) == set()
    assert len(remove(store, *range(1, 10_001))) == 10_000


def test_any_number_of_books_is_changed(store: Store, engine: Engine) -> None:
    """More than a statement may have parameters."""
    allow_parameters(engine, 32)
    many = range(1, 66_001)
    put(store, DUNE)
    assert remove(store, *many) == {1}
    assert put(store, *(Book(id=number, title="A book") for number in range(1, 100))) == set(range(1, 100))
    with store.read() as work:
        assert work.readers.retired(many) == {}
