"""Paged lists of categories and authors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from marketplace.domain.books import Book, Sort
from marketplace.domain.categories import Category
from marketplace.domain.errors import AuthorNotFound
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.store.listings import Listings
from tests.marketplace.store.test_store import add_history
from tests.marketplace.stored import execute, put

LISTED = [Sort.RELEVANCE, Sort.POPULAR, Sort.NEWEST, Sort.TITLE, Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING]


def novel(
    number: int, title: str, *, year: int | None = None, cents: int | None = None, by: str = "Émile Zola"
) -> Book:
    price = None if cents is None else Money(cents, "EUR")
    return Book(id=number, title=title, authors=(by,), year=year, price=price, categories=(Category.CLASSICS,))


NOVELS = (
    novel(1, "The Kill", year=1872, cents=900),
    novel(2, "Germinal", year=1885, cents=700),
    novel(3, "A Love Story", cents=800, by="Emile Zola"),
    novel(4, "Nana", year=1880),
    replace(novel(5, "Money", year=1880, cents=700), ratings_count=10),
)


@contextmanager
def plans(store: Store) -> Iterator[list[str]]:
    """The steps of SQLite's query plans of all statements that sort books."""
    statements: list[tuple[str, Any]] = []
    steps: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "FROM books" in statement and "ORDER BY" in statement:
            statements.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    yield steps
    event.remove(store.engine, "before_cursor_execute", note)
    with store.engine.connect() as connection:
        for statement, parameters in statements:
            steps += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


@pytest.mark.parametrize("max_sorted", [0, 2000], ids=["scanning an index", "sorting"])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.RELEVANCE, [4, 2, 5, 1, 3]),
        (Sort.POPULAR, [4, 2, 5, 1, 3]),
        (Sort.NEWEST, [2, 4, 5, 1, 3]),
        (Sort.TITLE, [2, 1, 3, 5, 4]),
        (Sort.PRICE_ASCENDING, [2, 5, 3, 1, 4]),
        (Sort.PRICE_DESCENDING, [1, 3, 2, 5, 4]),
    ],
)
def test_a_category_in_every_order(store: Store, sort: Sort, expected: list[int], max_sorted: int) -> None:
    """Ties by id, unknown values last, articles ignored; for large and small categories alike."""
    put(store, *NOVELS, Book(id=9, title="Dune", categories=(Category.SCIENCE_FICTION,)))
    add_history(store, (1, 4), (2, 4), (1, 2))
    with store.engine.connect() as connection:
        listings = Listings(connection, max_sorted=max_sorted)
        page = listings.in_category(Category.CLASSICS, sort, limit=10)
        assert [card.id for card in page.cards] == expected
        assert page.total == 5
        assert [card.id for card in listings.by_author("emile-zola", sort, limit=10).cards] == expected


@pytest.mark.parametrize("sort", LISTED)
def test_pages_have_no_gaps_and_no_repeats(store: Store, sort: Sort) -> None:
    """Every book is on exactly one page, and past the last page there is none."""
    put(store, *(novel(number, f"Volume {number % 3}", year=1900 + number % 2) for number in range(1, 12)))
    with store.read() as work:
        pages = [
            work.listings.in_category(Category.CLASSICS, sort, limit=4, offset=offset) for offset in (0, 4, 8, 12)
        ]
        whole = work.listings.in_category(Category.CLASSICS, sort, limit=100)
    assert [len(page.cards) for page in pages] == [4, 4, 3, 0]
    assert tuple(card for page in pages for card in page.cards) == whole.cards
    assert {page.total for page in pages} == {11}


def test_an_author_is_named_as_on_the_most_popular_book(store: Store) -> None:
    """Spellings with the same slug are one author."""
    put(store, *NOVELS)
    add_history(store, (1, 3), (2, 3))
    with store.read() as work:
        assert work.listings.by_author("emile-zola", Sort.TITLE, limit=1).name == "Emile Zola"


@pytest.mark.parametrize("slug", ["victor-hugo", "", "\0", "\ud800", "émile-zola", "x" * 10_000, "' OR 1=1 --"])
def test_an_unknown_author_is_not_found(store: Store, slug: str) -> None:
    """Whatever the URL has, even text that cannot be a parameter."""
    put(store, *NOVELS)
    with store.read() as work, pytest.raises(AuthorNotFound):
        work.listings.by_author(slug, Sort.TITLE, limit=1)


def test_authors_change_with_the_book(store: Store) -> None:
    """A removed author, or one without letters, has no page; one named twice has one."""
    put(store, Book(id=1, title="Ubik", authors=("Philip Dick",)))
    put(store, Book(id=1, title="Ubik", authors=("???", "Philip K. Dick", "Philip K Dick")))
    with store.read() as work:
        assert work.listings.by_author("philip-k-dick", Sort.TITLE, limit=9).total == 1
        with pytest.raises(AuthorNotFound):
            work.listings.by_author("philip-dick", Sort.TITLE, limit=9)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sort", LISTED)
def test_a_large_category_is_not_sorted(store: Store, sort: Sort) -> None:
    """SQLite scans an index, and stops when the page is full."""
    put(store, *NOVELS)
    with plans(store) as plan, store.engine.connect() as connection:
        Listings(connection, max_sorted=0).in_category(Category.CLASSICS, sort, limit=2)
    assert plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_deleting_a_book_deletes_its_index_rows(store: Store) -> None:
    """Neither search nor its author's page finds it."""
    put(store, *NOVELS)
    execute(store, "DELETE FROM books WHERE book_id = 2")
    with store.read() as work:
        assert work.search.find("germinal", limit=9).total == 0
        assert work.listings.by_author("emile-zola", Sort.TITLE, limit=9).total == 4
