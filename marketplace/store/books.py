"""The catalogue's rows."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from marketplace.domain import BestSellers, Book, BookNotFound, Card, Category, Money
from marketplace.store.book_index import BookIndex
from marketplace.store.schema import book_categories, books, imported_history
from marketplace.words import sort_key
from servicekit.database import insert_into

_CARD = (
    books.c.book_id,
    books.c.title,
    books.c.authors,
    books.c.price_minor,
    books.c.currency,
    books.c.stock,
    books.c.picture,
    books.c.reader_count,
)


class Books:
    """The books of the catalogue, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._index = BookIndex(connection)

    def get(self, book_id: int) -> Book:
        """One book.

        Raises BookNotFound.
        """
        found = self._many([book_id]).get(book_id)
        if found is None:
            raise BookNotFound(f"no book {book_id}")
        return found

    def cards(self, ids: Iterable[int]) -> dict[int, Card]:
        """The cards of those books that the catalogue knows, by id."""
        rows = self._connection.execute(select(*_CARD).where(books.c.book_id.in_(list(ids)))).all()
        return {card.id: card for card in self._cards(rows)}

    def require(self, book_id: int) -> None:
        """Make sure that there is such a book.

        Raises BookNotFound.
        """
        if self._connection.execute(select(books.c.book_id).where(books.c.book_id == book_id)).first() is None:
            raise BookNotFound(f"no book {book_id}")

    def is_empty(self) -> bool:
        """Whether the catalogue has no book."""
        return self._connection.execute(select(books.c.book_id).limit(1)).first() is None

    def best_sellers(self, limit: int) -> BestSellers:
        """The books with the most distinct readers, overall and of every category; ties by id."""
        best = (books.c.reader_count.desc(), books.c.book_id)
        overall = self._connection.execute(select(*_CARD).order_by(*best).limit(limit)).all()
        place = func.row_number().over(partition_by=book_categories.c.category, order_by=best).label("place")
        ranked = (
            select(*_CARD, book_categories.c.category, place)
            .join_from(books, book_categories, books.c.book_id == book_categories.c.book_id)
            .subquery()
        )
        placed = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.category, ranked.c.place)
        rows = self._connection.execute(placed).all()
        shelves: dict[Category, list[Card]] = {}
        for row, card in zip(rows, self._cards(rows), strict=True):
            shelves.setdefault(Category(row.category), []).append(card)
        return BestSellers(
            overall=tuple(self._cards(overall)),
            by_category={category: tuple(cards) for category, cards in shelves.items()},
        )

    def put(self, wanted: Sequence[Book]) -> int:
        """Add or replace books, each id at most once and at most 30,000; returns how many that changed."""
        known = self._many([book.id for book in wanted])
        changed = [book for book in wanted if known.get(book.id) != book]
        if changed:
            self._keep(changed)
        return len(changed)

    def index_missing(self, limit: int) -> int:
        """Index some of the books that came in before there was an index; returns how many."""
        missing = self._index.missing(limit)
        if missing:
            self._keep(list(self._many(missing).values()))
        return len(missing)

    def recount_readers(self) -> None:
        """Bring `reader_count` in line with the imported history."""
        counted = (
            select(imported_history.c.book_id, func.count().label("readers"))
            .group_by(imported_history.c.book_id)
            .subquery()
        )
        self._connection.execute(
            update(books)
            .where(books.c.book_id == counted.c.book_id, books.c.reader_count != counted.c.readers)
            .values(reader_count=counted.c.readers)
        )

    def _keep(self, changed: Sequence[Book]) -> None:
        self._connection.execute(self._upsert(), [_row(book) for book in changed])
        self._place(changed)
        self._index.put(changed)

    def _upsert(self) -> Any:
        statement = insert_into(self._connection, books)
        kept = {"book_id", "reader_count"}
        replaced = {column.name: statement.excluded[column.name] for column in books.c if column.name not in kept}
        return statement.on_conflict_do_update(index_elements=[books.c.book_id], set_=replaced)

    def _place(self, changed: Sequence[Book]) -> None:
        ids = [book.id for book in changed]
        self._connection.execute(delete(book_categories).where(book_categories.c.book_id.in_(ids)))
        places = [
            {"book_id": book.id, "category": int(category), "position": position}
            for book in changed
            for position, category in enumerate(book.categories)
        ]
        if places:
            self._connection.execute(insert(book_categories), places)

    def _cards(self, rows: Sequence[Any]) -> list[Card]:
        categories = self._categories({row.book_id for row in rows})
        return [_card(row, categories.get(row.book_id, ())) for row in rows]

    def _categories(self, ids: Collection[int]) -> dict[int, list[Category]]:
        standing = select(book_categories.c.book_id, book_categories.c.category)
        standing = standing.where(book_categories.c.book_id.in_(ids)).order_by(book_categories.c.position)
        categories: dict[int, list[Category]] = {}
        for row in self._connection.execute(standing):
            categories.setdefault(row.book_id, []).append(Category(row.category))
        return categories

    def _many(self, ids: Sequence[int]) -> dict[int, Book]:
        categories = self._categories(ids)
        rows = self._connection.execute(select(books).where(books.c.book_id.in_(ids)))
        return {row.book_id: _book(row, categories.get(row.book_id, ())) for row in rows}


def _row(book: Book) -> dict[str, Any]:
    return {
        "book_id": book.id,
        "title": book.title,
        "authors": book.authors,
        "year": book.year,
        "isbn": book.isbn,
        "subjects": book.subjects,
        "description": book.description,
        "price_minor": book.price.minor if book.price else None,
        "currency": book.price.currency if book.price else None,
        "stock": book.stock,
        "picture": book.picture,
        "sort_title": sort_key(book.title),
    }


def _book(row: Any, categories: Iterable[Category]) -> Book:
    return Book(
        id=row.book_id,
        title=row.title,
        authors=tuple(row.authors),
        year=row.year,
        isbn=row.isbn,
        categories=tuple(categories),
        subjects=tuple(row.subjects),
        description=row.description,
        price=_price(row),
        stock=row.stock,
        picture=row.picture,
    )


def _card(row: Any, categories: Iterable[Category]) -> Card:
    return Card(
        id=row.book_id,
        title=row.title,
        authors=tuple(row.authors),
        categories=tuple(categories),
        price=_price(row),
        stock=row.stock,
        picture=row.picture,
        readers=row.reader_count,
    )


def _price(row: Any) -> Money | None:
    return None if row.price_minor is None else Money(row.price_minor, row.currency)
