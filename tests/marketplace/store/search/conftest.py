"""A small catalogue, and searches in transactions of their own."""

import pytest
from sqlalchemy import select

from marketplace.domain.books import Book, SearchPage, Sort, Suggestion
from marketplace.domain.categories import Category
from marketplace.store import Store
from marketplace.store.listings import MAX_SORTED
from marketplace.store.schema import search_terms
from marketplace.store.search.search import MAX_RESULTS, Search
from tests.marketplace.store.test_store import add_history
from tests.marketplace.stored import put

DUNE = Book(id=1, title="Dune", authors=("Frank Herbert",), isbn="0-441-01359-7", subjects=("deserts",))
CATALOGUE = (
    DUNE,
    Book(id=2, title="Dune Messiah", authors=("Frank Herbert",)),
    Book(id=3, title="Coastal Plants", authors=("Ann Marsh",), subjects=("dune ecology",)),
    Book(id=4, title="Sandy Shores", authors=("Karl Dune",)),
    Book(id=5, title="Dunes and Deserts", authors=("Ann Marsh",)),
    Book(id=6, title="L'Étranger", authors=("Albert Camus",), isbn="978-2-07-036002-4"),
    Book(id=7, title="Crime and Punishment", authors=("Фёдор Достоевский",), subjects=("murder",)),
    Book(id=8, title="The Third Policeman", authors=("Flann O'Brien",), categories=(Category.HUMOR,)),
)


def ids(page: SearchPage) -> list[int]:
    return [card.id for card in page.cards]


def find(
    store: Store,
    query: str,
    sort: Sort = Sort.RELEVANCE,
    limit: int = 24,
    offset: int = 0,
    *,
    max_results: int = MAX_RESULTS,
    max_sorted: int = MAX_SORTED,
) -> SearchPage:
    """One page, in a transaction of its own."""
    with store.engine.connect() as connection:
        search = Search(connection, max_results=max_results, max_sorted=max_sorted)
        return search.find(query, sort=sort, limit=limit, offset=offset)


def suggest(store: Store, query: str) -> tuple[Suggestion, ...]:
    """Eight suggestions, in a transaction of their own."""
    with store.read() as work:
        return work.search.suggest(query, 8)


def vocabulary(store: Store) -> dict[str, int]:
    """The words of the catalogue, each with its number of books."""
    with store.engine.connect() as connection:
        return {row.term: row.books for row in connection.execute(select(search_terms))}


@pytest.fixture
def shop(store: Store) -> Store:
    """A small catalogue; the book of Karl Dune has the most readers."""
    put(store, *CATALOGUE)
    add_history(store, (1, 4), (2, 4), (1, 1))
    return store
