"""The mapping between books and the rows of their table."""

from typing import Any

from marketplace.domain.books import Book, Card
from marketplace.domain.categories import Category
from marketplace.domain.money import Money
from marketplace.domain.text import isbn13, sort_key
from marketplace.store.moderation.tables import search_text
from marketplace.store.schema import books

CARD = (
    books.c.book_id,
    books.c.title,
    books.c.authors,
    books.c.categories,
    books.c.price_minor,
    books.c.currency,
    books.c.stock,
    books.c.picture,
    books.c.reader_count,
)
"""The columns of a card."""


def row_of(book: Book) -> dict[str, Any]:
    return {
        "book_id": book.id,
        "title": book.title,
        "authors": book.authors,
        "year": book.year,
        "isbn": book.isbn,
        "categories": [int(category) for category in book.categories],
        "subjects": book.subjects,
        "description": book.description,
        "price_minor": book.price.minor if book.price else None,
        "currency": book.price.currency if book.price else None,
        "stock": book.stock,
        "picture": book.picture,
        "published_on": book.published_on,
        "work": book.work,
        "ratings_count": book.ratings_count,
        "average_rating": book.average_rating,
        "external_id": book.external_id,
        "sort_title": sort_key(book.title),
        "sought": search_text(book.title, *book.authors, isbn13(book.isbn) or book.isbn),
    }


def book_of(row: Any) -> Book:
    return Book(
        id=row.book_id,
        title=row.title,
        authors=tuple(row.authors),
        year=row.year,
        isbn=row.isbn,
        categories=tuple(map(Category, row.categories)),
        subjects=tuple(row.subjects),
        description=row.description,
        price=_price(row),
        stock=row.stock,
        picture=row.picture,
        published_on=row.published_on,
        work=row.work,
        ratings_count=row.ratings_count,
        average_rating=row.average_rating,
        external_id=row.external_id,
    )


def card_of(row: Any) -> Card:
    """The card of a row with the columns CARD."""
    return Card(
        id=row.book_id,
        title=row.title,
        authors=tuple(row.authors),
        categories=tuple(map(Category, row.categories)),
        price=_price(row),
        stock=row.stock,
        picture=row.picture,
        readers=row.reader_count,
    )


def _price(row: Any) -> Money | None:
    return None if row.price_minor is None else Money(row.price_minor, row.currency)
