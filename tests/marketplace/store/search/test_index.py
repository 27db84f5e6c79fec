"""The search index follows the catalogue."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from marketplace.domain.books import Book, SearchPage, Sort
from marketplace.store import Store
from marketplace.store.book_index import BookIndex
from tests.marketplace.store.search.conftest import CATALOGUE, DUNE, find, ids, vocabulary
from tests.marketplace.store.test_listings import plans
from tests.marketplace.stored import put


def test_a_changed_book_is_found_by_its_new_words(shop: Store) -> None:
    """The old words no longer find it, and nothing is corrected to them."""
    put(shop, replace(DUNE, title="Arrakis", authors=("F. H.",), isbn="", subjects=()))
    assert ids(find(shop, "arrakis")) == [1]
    assert find(shop, "9780441013593") == SearchPage()
    put(shop, replace(CATALOGUE[7], title="Untitled", authors=()))
    assert find(shop, "policemn") == SearchPage()
    assert find(shop, "herbrt").corrected == "herbert"


def test_the_vocabulary_is_that_of_the_books(shop: Store) -> None:
    """After changes, repetitions and removals it has the words and numbers of the current books."""
    before = vocabulary(shop)
    assert (before["dune"], before["herbert"], before["policeman"]) == (4, 2, 1)
    put(shop, replace(DUNE, title="Policeman"), Book(id=99, title="Gone"))
    assert vocabulary(shop) == before | {"dune": 3, "policeman": 2, "gone": 1}
    put(shop, DUNE)
    with shop.write() as work:
        BookIndex(work._connection).remove([99])
        work.commit()
    assert vocabulary(shop) == before


def test_many_books_at_once_are_all_in_the_index(shop: Store) -> None:
    """More books than one statement stores, new ones, changed ones and a hidden one, and the words of all of them."""
    before = vocabulary(shop)
    with shop.write() as work:
        work.all_books.hide(CATALOGUE[7])
        work.commit()
    new = [Book(id=number, title=f"Dune {number}", authors=("Ann Marsh",)) for number in range(100, 2_300)]
    put(shop, *new, replace(DUNE, title="Arrakis"), replace(CATALOGUE[7], title="Hidden"))
    assert find(shop, "dune 2299").total == 1
    assert find(shop, "arrakis").total == 1
    assert find(shop, "hidden") == SearchPage()
    assert vocabulary(shop)["dune"] == before["dune"] + 2_200 - 1
    assert vocabulary(shop)["marsh"] == before["marsh"] + 2_200
    assert vocabulary(shop)["arrakis"] == 1
    assert not {"hidden", "policeman", "2299"} & vocabulary(shop).keys()
    with shop.read() as work:
        assert work.listings.by_author("ann-marsh", Sort.TITLE, limit=9).total == 2_202


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sort", [Sort.POPULAR, Sort.NEWEST, Sort.TITLE, Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING])
def test_many_matches_are_not_sorted(store: Store, sort: Sort) -> None:
    """SQLite scans an index, and stops when it has enough."""
    put(store, *CATALOGUE)
    with plans(store) as plan:
        find(store, "dune", sort, max_sorted=0)
    assert plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_a_removed_book_leaves_no_word(shop: Store) -> None:
    """It is not found, and nothing is corrected to its words."""
    with shop.write() as work:
        BookIndex(work._connection).remove([8])
        work.commit()
    assert find(shop, "policeman") == SearchPage()
    assert find(shop, "policemn") == SearchPage()


def test_a_catalogue_from_before_the_index_is_indexed_by_migrating(shop: Store) -> None:
    """Books that an older version imported are found and sorted after the upgrade."""
    with shop.engine.begin() as connection:
        for statement in ("DELETE FROM book_search", "DELETE FROM search_terms", "DELETE FROM book_authors"):
            connection.execute(text(statement))
        connection.execute(text("UPDATE books SET sort_title = ''"))
    assert find(shop, "policeman") == SearchPage()
    shop.migrate()
    assert ids(find(shop, "policemn")) == [8]
    with shop.read() as work:
        assert work.listings.by_author("frank-herbert", Sort.TITLE, limit=9).total == 2
        assert work.books.index_missing(100) == 0
    assert ids(find(shop, "dune", Sort.TITLE)) == [3, 1, 2, 5, 4]
