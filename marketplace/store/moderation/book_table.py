"""The moderators' table of all books, hidden ones included."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from marketplace.domain.books import Book
from marketplace.domain.errors import BookNotFound
from marketplace.domain.ids import MAX_ID
from marketplace.domain.moderation import BookColumn, BookFilter, BookRow, CatalogueBook, TablePage
from marketplace.domain.text import query_words
from marketplace.store.book_index import BookIndex, index_entry
from marketplace.store.book_rows import CARD, book_of, card_of
from marketplace.store.books import lock_books
from marketplace.store.moderation.tables import MAX_FOUND_ROWS, MAX_ROWS, has_word, page_of
from marketplace.store.schema import books, made_books

_SOLD_OUT = (books.c.stock == 0, ~books.c.hidden)
_FILTERS: Mapping[BookFilter, tuple[ColumnElement[bool], ...]] = {
    BookFilter.ALL: (),
    BookFilter.OFFERED: (~books.c.hidden,),
    BookFilter.SOLD_OUT: _SOLD_OUT,
    BookFilter.HIDDEN: (books.c.hidden,),
}
_PRICE, _STOCK = books.c.price_minor, books.c.stock
_READERS, _RATINGS = books.c.reader_count, books.c.ratings_count
# Each matches an index, so that the database can scan it in order; unknown values come last.
_ORDERS: Mapping[tuple[BookColumn, bool], tuple[ColumnElement[Any], ...]] = {
    (BookColumn.ID, False): (books.c.book_id,),
    (BookColumn.ID, True): (books.c.book_id.desc(),),
    (BookColumn.TITLE, False): (books.c.sort_title, books.c.book_id),
    (BookColumn.TITLE, True): (books.c.sort_title.desc(), books.c.book_id.desc()),
    (BookColumn.PRICE, False): (_PRICE.asc().nulls_last(), books.c.book_id),
    (BookColumn.PRICE, True): (_PRICE.desc().nulls_last(), books.c.book_id),
    (BookColumn.STOCK, False): (_STOCK.asc().nulls_last(), books.c.book_id),
    (BookColumn.STOCK, True): (_STOCK.desc().nulls_last(), books.c.book_id.desc()),
    (BookColumn.READERS, False): (_READERS, _RATINGS, books.c.book_id.desc()),
    (BookColumn.READERS, True): (_READERS.desc(), _RATINGS.desc(), books.c.book_id),
}


class AllBooks:
    """All books of the catalogue, hidden ones included, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._index = BookIndex(connection)

    def get(self, book_id: int) -> CatalogueBook:
        """A book.

        Raises BookNotFound.
        """
        row = self._connection.execute(select(books).where(books.c.book_id == book_id)).first()
        if row is None:
            raise BookNotFound(f"no book {book_id}")
        return CatalogueBook(book_of(row), row.hidden)

    def lock(self, book_id: int) -> CatalogueBook:
        """A book, locked against changes until the end of the transaction.

        Raises BookNotFound.
        """
        lock_books(self._connection, [book_id])
        return self.get(book_id)

    def after(self, book_id: int, *, limit: int) -> list[CatalogueBook]:
        """Books with greater ids, in the order of their ids."""
        following = select(books).where(books.c.book_id > book_id).order_by(books.c.book_id).limit(limit)
        return [CatalogueBook(book_of(row), row.hidden) for row in self._connection.execute(following)]

    def new_id(self, moment: datetime) -> int:
        """A new id for a book that is created in the shop, from 1,000,000,000 upward and never reused."""
        statement = insert(made_books).values(made_at=moment).returning(made_books.c.book_id)
        return int(self._connection.execute(statement).scalar_one())

    def hide(self, book: Book) -> None:
        self._index.remove([book.id])
        self._connection.execute(update(books).where(books.c.book_id == book.id).values(hidden=True))

    def show(self, book: Book) -> None:
        self._connection.execute(update(books).where(books.c.book_id == book.id).values(hidden=False))
        self._index.put([[index_entry(book)]])

    def remove(self, book_id: int) -> None:
        """Delete a book and its wishlist entries; carts keep its id, and orders keep their lines."""
        self._index.remove([book_id])
        self._connection.execute(delete(books).where(books.c.book_id == book_id))

    def sold_out(self) -> int:
        """The number of offered books that are sold out."""
        return self._count(*_SOLD_OUT)

    def hidden(self) -> int:
        return self._count(books.c.hidden)

    def table(
        self,
        query: str = "",
        show: BookFilter = BookFilter.ALL,
        *,
        by: BookColumn = BookColumn.TITLE,
        descending: bool = False,
        limit: int,
        offset: int = 0,
    ) -> TablePage[BookRow]:
        """A page of the books whose title, authors, ISBN or id match every word of the query."""
        words = [self._matches(word) for word in query_words(query)]
        page = page_of(
            self._connection,
            books.c.book_id,
            [*words, *_FILTERS[show]],
            _ORDERS[by, descending],
            limit=limit,
            offset=offset,
            max_rows=MAX_FOUND_ROWS if words else MAX_ROWS,
        )
        rows = self._connection.execute(select(*CARD, books.c.hidden).where(books.c.book_id.in_(page.rows)))
        by_id = {row.book_id: BookRow(card_of(row), row.hidden) for row in rows}
        return page.with_rows(by_id)

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        counted = select(func.count()).where(*conditions)
        return int(self._connection.execute(counted).scalar_one())

    def _matches(self, word: str) -> ColumnElement[bool]:
        has_text = has_word(self._connection, books.c.sought, word)
        is_id = word.isdigit() and len(word) <= len(str(MAX_ID)) and int(word) <= MAX_ID
        return or_(has_text, books.c.book_id == int(word)) if is_id else has_text
