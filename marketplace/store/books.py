"""The books that readers see, and changes of the catalogue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import JSON, Connection, bindparam, func, or_, select, update

from marketplace.domain.books import Book, Card
from marketplace.domain.errors import BookNotFound
from marketplace.store.book_index import BookIndex, IndexEntry, index_entry
from marketplace.store.book_rows import CARD, book_of, card_of, row_of
from marketplace.store.schema import books, imported_history
from servicekit.database.statements import insert_rows, is_any_of

_IS_OFFERED = ~books.c.hidden
_BATCH = 1_000


class ReaderCounts(NamedTuple):
    """A book's readers in the imported history, those of them who rated it, and the sum of the ratings."""

    readers: int
    ratings: int
    half_stars: int


class Books:
    """The books of the catalogue that are not hidden, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._index = BookIndex(connection)

    def get(self, book_id: int) -> Book:
        """One book.

        Raises BookNotFound.
        """
        book = self.offered([book_id]).get(book_id)
        if book is None:
            raise BookNotFound(f"no book {book_id}")
        return book

    def cards(self, ids: Iterable[int]) -> dict[int, Card]:
        """The cards of the offered ones of these books, by id."""
        rows = self._connection.execute(
            select(*CARD).where(is_any_of(self._connection, books.c.book_id, ids), _IS_OFFERED)
        )
        return {row.book_id: card_of(row) for row in rows}

    def require(self, book_id: int) -> None:
        """Raises BookNotFound unless there is such a book."""
        book = select(books.c.book_id).where(books.c.book_id == book_id, _IS_OFFERED)
        if self._connection.execute(book).first() is None:
            raise BookNotFound(f"no book {book_id}")

    def offered(self, ids: Iterable[int]) -> dict[int, Book]:
        """The offered ones of these books, by id."""
        rows = self._connection.execute(
            select(books).where(is_any_of(self._connection, books.c.book_id, ids), _IS_OFFERED)
        )
        return {row.book_id: book_of(row) for row in rows}

    def lock(self, ids: Iterable[int]) -> dict[int, Book]:
        """The offered ones of these books, by id, locked against changes until the end of the transaction."""
        book_ids = list(ids)
        lock_books(self._connection, book_ids)
        return self.offered(book_ids)

    def take(self, book_id: int, copies: int) -> int:
        """Take copies from the stock of a locked book; returns how many, 0 if the stock is not tracked."""
        tracked = update(books).where(books.c.book_id == book_id, books.c.stock.is_not(None))
        result = self._connection.execute(tracked.values(stock=books.c.stock - copies))
        return copies if result.rowcount else 0

    def restock(self, book_id: int, copies: int) -> None:
        """Return copies to a book's stock, if the book still exists and its stock is tracked."""
        tracked = update(books).where(books.c.book_id == book_id, books.c.stock.is_not(None))
        self._connection.execute(tracked.values(stock=books.c.stock + copies))

    def is_empty(self) -> bool:
        """Whether the catalogue has no books, hidden ones included."""
        return self._connection.execute(select(books.c.book_id).limit(1)).first() is None

    def put(self, new: Sequence[Book]) -> list[int]:
        """Add or replace books, each id at most once; returns the ids of those that changed.

        A hidden book stays hidden.
        """
        ids = [book.id for book in new]
        lock_books(self._connection, ids)
        rows = self._connection.execute(select(books).where(is_any_of(self._connection, books.c.book_id, ids)))
        known = {row.book_id: (book_of(row), row.hidden) for row in rows}
        changed = [book for book in new if book.id not in known or known[book.id][0] != book]
        self._upsert(changed, hidden={book_id for book_id, (_, hidden) in known.items() if hidden})
        return sorted(book.id for book in changed)

    def all_of(self, ids: Iterable[int]) -> dict[int, Book]:
        """Those of these books that exist, hidden ones too, by id; locked until the end of the transaction."""
        book_ids = list(ids)
        lock_books(self._connection, book_ids)
        rows = self._connection.execute(select(books).where(is_any_of(self._connection, books.c.book_id, book_ids)))
        return {row.book_id: book_of(row) for row in rows}

    def existing(self, ids: Iterable[int]) -> set[int]:
        """Those of these books that exist, hidden ones too."""
        return set(
            self._connection.scalars(select(books.c.book_id).where(is_any_of(self._connection, books.c.book_id, ids)))
        )

    def edited(self, ids: Iterable[int]) -> dict[int, frozenset[str]]:
        """The attributes that moderators have edited, of those of these books that have any."""
        rows = self._connection.execute(
            select(books.c.book_id, books.c.edited).where(is_any_of(self._connection, books.c.book_id, ids))
        )
        return {row.book_id: frozenset(row.edited) for row in rows if row.edited}

    def set_edited(self, edited: Mapping[int, Iterable[str]]) -> None:
        """Set the attributes that moderators have edited."""
        rows = [{"of": book_id, "names": sorted(edited[book_id])} for book_id in sorted(edited)]
        if rows:
            statement = update(books).where(books.c.book_id == bindparam("of"))
            self._connection.execute(statement.values(edited=bindparam("names", type_=JSON)), rows)

    def index_missing(self, limit: int) -> int:
        """Index some of the books from before the index existed; returns how many."""
        missing = self._index.missing(limit)
        self._upsert(list(self.offered(missing).values()), hidden=set())
        return len(missing)

    def miscounted(self) -> dict[int, ReaderCounts]:
        """The books whose counts differ from the imported history, each with the correct ones."""
        by_book = (
            select(
                imported_history.c.book_id,
                func.count().label("readers"),
                func.count(imported_history.c.half_stars).label("ratings"),
                func.coalesce(func.sum(imported_history.c.half_stars), 0).label("half_stars"),
            )
            .group_by(imported_history.c.book_id)
            .subquery()
        )
        is_wrong = or_(
            books.c.reader_count != by_book.c.readers,
            books.c.imported_ratings != by_book.c.ratings,
            books.c.imported_half_stars != by_book.c.half_stars,
        )
        wrong = select(by_book).where(books.c.book_id == by_book.c.book_id, is_wrong)
        return {
            row.book_id: ReaderCounts(row.readers, row.ratings, row.half_stars)
            for row in self._connection.execute(wrong)
        }

    def set_reader_counts(self, counts: Mapping[int, ReaderCounts]) -> None:
        """Set what each book's readers are counted as."""
        rows = [{"of": book_id, **counts[book_id]._asdict()} for book_id in sorted(counts)]
        if rows:
            statement = update(books).where(books.c.book_id == bindparam("of"))
            changed = statement.values(
                reader_count=bindparam("readers"),
                imported_ratings=bindparam("ratings"),
                imported_half_stars=bindparam("half_stars"),
            )
            self._connection.execute(changed, rows)

    def recount_readers(self) -> None:
        """Count the readers of all books, and their ratings, in the imported history."""
        self.set_reader_counts(self.miscounted())

    def _upsert(self, changed: Sequence[Book], *, hidden: set[int]) -> None:
        self._index.put(self._stored(sorted(changed, key=lambda book: book.id), hidden))

    def _stored(self, changed: Sequence[Book], hidden: set[int]) -> Iterator[Sequence[IndexEntry]]:
        """Store books, a batch at a time; yields the index entries of each batch."""
        for start in range(0, len(changed), _BATCH):
            rows, entries = [], []
            # Both of one book after the other: they fold the same texts, of which the last ones are kept.
            for book in changed[start : start + _BATCH]:
                rows.append(row_of(book))
                if book.id not in hidden:
                    entries.append(index_entry(book))
            insert_rows(self._connection, books, rows, key="book_id")
            yield entries


def lock_books(connection: Connection, ids: Sequence[int]) -> None:
    """Lock books until the end of the transaction; SQLite has only one writer anyway."""
    if connection.dialect.name == "sqlite":
        return
    # Sorted, so that transactions lock the rows in one order and cannot deadlock.
    rows = select(books.c.book_id).where(is_any_of(connection, books.c.book_id, ids)).order_by(books.c.book_id)
    connection.execute(rows.with_for_update()).all()
