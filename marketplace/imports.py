"""Bringing a bookseller's catalogue and history in."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from marketplace.domain import GREATEST_IMPORTED_ID, Book, Category, InteractionKind, Money
from marketplace.prices import PriceError, parse_price
from marketplace.store import Store
from servicekit import csvfields
from servicekit.csvfields import Fields
from servicekit.csvfile import RowRefused
from servicekit.importing import Labels, Layout, check_csv, import_csv

GREATEST_STOCK = 2**31 - 1
LONGEST_STOCK = len(str(GREATEST_STOCK))

_SAYS_NOTHING_GOOD = {InteractionKind.SHOWN, InteractionKind.NOT_INTERESTED}

Pair = tuple[int, int]
"""A reader and a book that they had."""


class Importer:
    """Imports files into one store."""

    def __init__(self, store: Store, *, rejects: Path) -> None:
        self._store = store
        self._rejects = rejects
        self._categories = Labels(Category)

    def run(self, books: Path | None, interactions: Path | None) -> None:
        """Import one or both files, and say on the screen what became of them.

        Raises NotSuchACsv, before anything of either is stored, and EndsEarly after what came whole.
        """
        if books is not None:
            check_csv(books, self._books())
        if interactions is not None:
            check_csv(interactions, _interactions())
        changed = 0
        try:
            if books is not None:
                changed += import_csv(books, self._books(), store=self._put_books, rejects=self._rejects).changed
                self._categories.tell_unknown(books, "categories")
            if interactions is not None:
                report = import_csv(interactions, _interactions(), store=self._add_history, rejects=self._rejects)
                changed += report.changed
        finally:
            with self._store.write() as work:
                work.books.recount_readers()
                work.commit()
        if changed:
            self._store.refresh_statistics()

    def _books(self) -> Layout[Book]:
        return Layout(
            noun="books",
            required=("book_id", "title"),
            optional=csvfields.BOOK_COLUMNS,
            parse=self._book,
            key=lambda book: book.id,
        )

    def _book(self, fields: Fields) -> Book:
        return Book(
            id=csvfields.identifier(fields, "book_id", greatest=GREATEST_IMPORTED_ID),
            title=csvfields.title(fields),
            authors=csvfields.listing(fields, "authors"),
            year=csvfields.year(fields, "year"),
            isbn=csvfields.text(fields, "isbn"),
            categories=self._categories.read(fields, "categories"),
            subjects=csvfields.listing(fields, "subjects"),
            description=csvfields.text(fields, "description"),
            price=_price(fields),
            stock=_stock(fields),
            picture=_picture(fields),
        )

    def _put_books(self, batch: list[Book]) -> int:
        with self._store.write() as work:
            changed = work.books.put(batch)
            work.commit()
        return changed

    def _add_history(self, batch: Sequence[Pair | None]) -> int:
        with self._store.write() as work:
            new = work.history.add(pair for pair in batch if pair is not None)
            work.commit()
        return new


def _interactions() -> Layout[Pair | None]:
    return Layout(
        noun="interactions",
        required=("user_id", "book_id"),
        optional=csvfields.INTERACTION_COLUMNS,
        parse=_pair,
    )


def _pair(fields: Fields) -> Pair | None:
    reader_id = csvfields.identifier(fields, "user_id", greatest=GREATEST_IMPORTED_ID)
    book_id = csvfields.identifier(fields, "book_id", greatest=GREATEST_IMPORTED_ID)
    kind = csvfields.choice(fields, "kind", default=InteractionKind.PURCHASE)
    return None if kind in _SAYS_NOTHING_GOOD else (reader_id, book_id)


def _price(fields: Fields) -> Money | None:
    amount = csvfields.text(fields, "price")
    if not amount:
        return None
    try:
        return parse_price(amount, csvfields.text(fields, "currency"))
    except PriceError as reason:
        raise RowRefused(str(reason)) from None


def _stock(fields: Fields) -> int | None:
    stock = csvfields.text(fields, "stock")
    if not stock:
        return None
    digits = stock.lstrip("0") or "0"
    # Python refuses to read very long numbers, and no stock is as large as that.
    if not (digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_STOCK and int(digits) <= GREATEST_STOCK):
        raise RowRefused(f"stock {stock[:40]!r} is not a whole number from 0 to {GREATEST_STOCK}")
    return int(digits)


def _picture(fields: Fields) -> str:
    picture = csvfields.text(fields, "picture")
    if picture:
        try:
            parts = urlsplit(picture)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise RowRefused(f"picture {picture[:40]!r} is not an http or https address")
    return picture
