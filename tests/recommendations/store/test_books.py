"""The copy of the catalogue, on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from recommendations.domain import Book, Category
from recommendations.store import Store

DUNE = Book(
    id=1,
    title="Dune",
    authors=("Frank Herbert",),
    categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
    subjects=("deserts", "politics"),
    year=1965,
    published_on=date(1965, 8, 1),
)
UBIK = Book(id=2, title="Ubik — ✓")


def put(store: Store, *books: Book) -> int:
    """Upsert in a transaction of its own."""
    with store.write() as work:
        changed = work.books.upsert(books)
        work.commit()
    return changed


def test_books_come_back_as_they_were(store: Store) -> None:
    """Every fact survives, the absent ones too."""
    put(store, DUNE, UBIK)
    with store.read() as work:
        found, _ = work.books.changed_since(0)
        assert sorted(found, key=lambda book: book.id) == [DUNE, UBIK]
        assert sorted(work.books.ids()) == [1, 2]


def test_upsert_counts_changes_only(store: Store) -> None:
    """New and different books count, and what is the same as before does not."""
    assert put(store, DUNE, UBIK) == 2
    assert put(store, DUNE, UBIK) == 0
    assert put(store, replace(DUNE, year=None), UBIK, Book(id=3, title="Solaris")) == 2
    assert put(store) == 0
    with store.read() as work:
        found, _ = work.books.changed_since(0)
        assert {book.id: book.year for book in found} == {1: None, 2: None, 3: None}


def test_revisions_count_the_changes_of_the_catalogue(store: Store) -> None:
    """Each changing transaction is one revision, and one that changes nothing is none."""
    with store.read() as work:
        assert work.books.revision() == 0
    for books, revision in [([DUNE, UBIK], 1), ([DUNE], 1), ([replace(UBIK, title="Ubik")], 2)]:
        put(store, *books)
        with store.read() as work:
            assert work.books.revision() == revision


def test_changed_since_gives_what_is_newer(store: Store) -> None:
    """Asked from the revision it reached last, a follower sees each change once and the revision stays."""
    with store.read() as work:
        assert work.books.changed_since(0) == ([], 0)
    put(store, DUNE, UBIK)
    put(store, DUNE, replace(UBIK, title="Ubik"))
    with store.read() as work:
        assert work.books.changed_since(1) == ([replace(UBIK, title="Ubik")], 2)
        assert work.books.changed_since(2) == ([], 2)
        assert len(work.books.changed_since(0)[0]) == 2


@pytest.mark.slow
def test_ten_thousand_books_in_one_batch(store: Store) -> None:
    """The importer's batch is within what either database takes in one statement."""
    many = [replace(UBIK, id=id_) for id_ in range(1, 10_001)]
    assert put(store, *many) == 10_000
    assert put(store, *many) == 0
