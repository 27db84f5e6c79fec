"""Reads a book's attributes from the records of files and from moderators' forms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bookfiles.errors import Unreadable
from bookfiles.imports import FileBook
from bookfiles.reading.books import MAX_STOCK
from bookfiles.values import isbns, pictures, prices, text, years
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.links import is_picture_path
from marketplace.domain.money import Money, PriceError, parse_price
from servicekit.clock import now

Texts = Mapping[str, str]
"""The texts of a form by field; list items are separated by `;`."""


def updated_book(book: FileBook, known: Book | None, kept: frozenset[str]) -> Book | None:
    """The book with what a file says of it, but for the attributes `kept`.

    None for a new one without title and ISBN.
    """
    values = dict(book.record.values)
    for name in kept:
        values.pop(name, None)
    title = values.pop("title", None) or (known.title if known else values.get("isbn"))
    if not title:
        return None
    if "categories" in values:
        values["categories"] = tuple(map(Category.__getitem__, values["categories"]))
    if values.get("price") is not None:
        values["price"] = _money(values["price"])
    values |= {"title": title, "external_id": book.external_id}
    return replace(known, **values) if known else Book(id=book.id, **values)


def _title(texts: Texts) -> str:
    value = text.text(texts["title"]) or isbns.isbn13(texts["isbn"])
    if not value:
        raise Unreadable("neither title nor isbn is given")
    return value


def _price(texts: Texts) -> Money | None:
    # A form has one price, so that 1.299 cannot be thousands.
    price = prices.price(texts["price"], texts["currency"], sign=".", default="")
    return _money(price) if price else None


def _money(price: prices.Price) -> Money:
    try:
        return parse_price(format(price.amount, "f"), price.currency)
    except PriceError as reason:
        raise Unreadable(str(reason)) from None


def _stock(texts: Texts) -> int | None:
    # Shop systems export what is owed as a negative stock; who types one has made a mistake.
    if texts["stock"].strip().startswith("-"):
        raise Unreadable("a negative stock")
    return text.whole(texts["stock"], maximum=MAX_STOCK)


def _categories(texts: Texts) -> tuple[Category, ...]:
    chosen = map(Category.parse, texts["categories"].split(";"))
    return tuple(dict.fromkeys(category for category in chosen if category is not None))


def _picture(texts: Texts) -> str:
    own = texts["picture"].strip()
    return own if is_picture_path(own) else pictures.picture(texts["picture"])


READERS: Mapping[str, Callable[[Texts], Any]] = {
    "title": _title,
    "authors": lambda texts: _entries(texts["authors"]),
    "year": lambda texts: years.year(texts["year"], now=now()),
    "isbn": lambda texts: isbns.isbn13(texts["isbn"]),
    "categories": _categories,
    "subjects": lambda texts: _entries(texts["subjects"]),
    "description": lambda texts: text.text(texts["description"]),
    "price": _price,
    "stock": _stock,
    "picture": _picture,
}
"""By attribute the function that reads it from a form; each raises Unreadable."""


def _entries(field: str) -> tuple[str, ...]:
    stripped = (entry.strip() for entry in text.text(field).split(";"))
    return tuple(dict.fromkeys(filter(None, stripped)))
