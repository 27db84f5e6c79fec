"""Hidden and deleted books are invisible to readers."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from marketplace.domain.books import Book, Sort
from marketplace.domain.categories import Category
from marketplace.domain.errors import AuthorNotFound, BookNotFound
from marketplace.domain.money import Money
from marketplace.store import Store, UnitOfWork
from marketplace.store.schema import book_authors, book_categories, book_search, book_subjects, search_terms

DUNE = Book(
    id=7,
    title="Dune",
    authors=("Frank Herbert",),
    isbn="9780441013593",
    categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
    subjects=("deserts",),
    price=Money(999, "EUR"),
    stock=3,
)
EMMA = Book(id=8, title="Emma", authors=("Jane Austen",), categories=(Category.CLASSICS,))


@pytest.fixture
def shop(store: Store) -> Store:
    """A shop with a hidden book and another one."""
    with store.write() as work:
        work.books.put([DUNE, EMMA])
        work.all_books.hide(DUNE)
        work.commit()
    return store


def indexed(work: UnitOfWork) -> tuple[set[int], set[str]]:
    """The ids of the books in any index, and the vocabulary."""
    connection = work._connection
    tables = (book_authors, book_subjects, book_categories, book_search)
    ids = {book_id for table in tables for book_id in connection.scalars(select(table.c.book_id))}
    return ids, set(connection.scalars(select(search_terms.c.term)))


def test_readers_find_no_hidden_book(shop: Store) -> None:
    """Neither by id nor in lists, search, suggestions or best-sellers, and they cannot buy it."""
    with shop.read() as work:
        with pytest.raises(BookNotFound):
            work.books.get(7)
        with pytest.raises(BookNotFound):
            work.books.require(7)
        assert list(work.books.cards([7, 8])) == [8]
        assert list(work.books.offered([7, 8])) == [8]
        best = work.listings.best_sellers(10)
        assert [card.id for card in best.overall] == [8]
        assert list(best.by_topic) == [Category.CLASSICS]
        assert work.listings.in_category(Category.SCIENCE_FICTION, Sort.TITLE, limit=10).cards == ()
        with pytest.raises(AuthorNotFound):
            work.listings.by_author("frank-herbert", Sort.TITLE, limit=10)
        for query in ("dune", "herbert", "9780441013593", "deserts"):
            assert work.search.find(query, limit=10).cards == ()
        assert work.search.suggest("dun", 10) == ()
    with shop.write() as work:
        assert list(work.books.lock([7, 8])) == [8]


def test_a_hidden_book_is_in_no_index(shop: Store) -> None:
    """Nor are its words in the vocabulary; when shown again the book is unchanged."""
    with shop.read() as work:
        assert indexed(work) == ({8}, {"emma", "jane", "austen", "classics"})
    with shop.write() as work:
        work.all_books.show(work.all_books.lock(7).book)
        work.commit()
    with shop.read() as work:
        assert work.books.get(7) == DUNE
        assert [card.id for card in work.search.find("dune", limit=10).cards] == [7]
        assert work.listings.by_author("frank-herbert", Sort.TITLE, limit=10).total == 1
        assert indexed(work)[0] == {7, 8}


def test_an_import_changes_a_hidden_book_and_keeps_it_hidden(shop: Store) -> None:
    """It has the new attributes and is in no index; a second import changes nothing."""
    changed = replace(DUNE, title="Dune Messiah")
    with shop.write() as work:
        assert work.books.put([changed, EMMA]) == [7]
        assert work.books.put([changed, EMMA]) == []
        work.commit()
    with shop.read() as work:
        assert work.all_books.get(7).book == changed
        assert work.all_books.get(7).is_hidden
        assert indexed(work)[0] == {8}


def test_a_migration_indexes_no_hidden_book(shop: Store) -> None:
    """It is not mistaken for a book from before the index existed."""
    with shop.write() as work:
        assert work.books.index_missing(10) == 0
    shop.migrate()
    with shop.read() as work:
        assert indexed(work)[0] == {8}


def test_a_hidden_book_is_restocked(shop: Store) -> None:
    """By a cancelled order, though readers do not see the book."""
    with shop.write() as work:
        work.books.restock(7, 2)
        work.commit()
    with shop.read() as work:
        assert work.all_books.get(7).book.stock == 5


def test_a_deleted_book_leaves_nothing_behind(shop: Store) -> None:
    """No row, no index, no wishlist entry; later requests for it do not fail."""
    with shop.write() as work:
        work.all_books.show(DUNE)
        work.all_books.remove(7)
        work.commit()
    with shop.read() as work:
        assert indexed(work)[0] == {8}
        with pytest.raises(BookNotFound):
            work.all_books.get(7)
