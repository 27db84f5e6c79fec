"""Reads a book's attributes from the texts of booksellers' files and moderators' forms."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.ids import MAX_IMPORTED_ID
from marketplace.domain.money import Money, PriceError, parse_price
from servicekit import csvfields
from servicekit.csvfields import Fields
from servicekit.csvfile import InvalidRow
from servicekit.csvimport import Labels, Layout

MAX_STOCK = 2**31 - 1
_MAX_STOCK_DIGITS = len(str(MAX_STOCK))


def readers_of(categories: Labels[Category]) -> Mapping[str, Callable[[Fields], Any]]:
    """By attribute the function that reads it, which raises InvalidRow; `categories` counts unknown labels."""
    return {
        "title": csvfields.title,
        "authors": partial(csvfields.entries, column="authors"),
        "year": partial(csvfields.year, column="year"),
        "isbn": partial(csvfields.text, column="isbn"),
        "categories": partial(categories.read, column="categories"),
        "subjects": partial(csvfields.entries, column="subjects"),
        "description": partial(csvfields.text, column="description"),
        "price": _price,
        "stock": _stock,
        "picture": _picture,
        "published_on": partial(csvfields.utc_date, column="published_at"),
        "work": partial(csvfields.text, column="work"),
    }


def layout(categories: Labels[Category]) -> Layout[Book]:
    """How the rows of a bookseller's file become books."""
    attributes = readers_of(categories)

    def book(fields: Fields) -> Book:
        book_id = csvfields.identifier(fields, "book_id", maximum=MAX_IMPORTED_ID)
        return Book(id=book_id, **{name: read(fields) for name, read in attributes.items()})

    return Layout(
        noun="books",
        required=("book_id", "title"),
        optional=csvfields.BOOK_COLUMNS,
        parse=book,
        key=lambda book: book.id,
    )


def _price(fields: Fields) -> Money | None:
    amount = csvfields.text(fields, "price")
    if not amount:
        return None
    try:
        return parse_price(amount, csvfields.text(fields, "currency"))
    except PriceError as reason:
        raise InvalidRow(str(reason)) from None


def _stock(fields: Fields) -> int | None:
    stock = csvfields.text(fields, "stock")
    if not stock:
        return None
    digits = stock.lstrip("0") or "0"
    # int() raises another error for very long numbers.
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_STOCK_DIGITS and int(digits) <= MAX_STOCK):
        raise InvalidRow(f"stock {stock[:40]!r} is not a whole number from 0 to {MAX_STOCK}")
    return int(digits)


def _picture(fields: Fields) -> str:
    picture = csvfields.text(fields, "picture")
    if picture:
        try:
            parts = urlsplit(picture)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise InvalidRow(f"picture {picture[:40]!r} is not an http or https address")
    return picture
