"""The catalogue as a file that `import` reads."""

import csv
from typing import IO

from marketplace.domain.books import Book
from marketplace.domain.money import written_amount
from marketplace.store import Store

COLUMNS = (
    *("book_id", "title", "authors", "year", "isbn", "categories", "subjects", "published_at", "description"),
    *("price", "currency", "stock", "picture", "work", "ratings_count", "average_rating"),
)
_BATCH = 1_000


def export_books(store: Store, file: IO[str]) -> int:
    """Write all books, hidden ones too, in the order of their ids; returns how many.

    A book has the id of the file that it was imported from. Raises StoreUnavailable.
    """
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    count = after = 0
    while True:
        with store.read() as work:
            books = [stored.book for stored in work.all_books.after(after, limit=_BATCH)]
        if not books:
            return count
        rows.writerows(map(_row, books))
        count += len(books)
        after = books[-1].id


def _row(book: Book) -> tuple[str, ...]:
    return (
        book.external_id or str(book.id),
        book.title,
        "; ".join(book.authors),
        "" if book.year is None else str(book.year),
        book.isbn,
        "; ".join(category.slug for category in book.categories),
        "; ".join(book.subjects),
        book.published_on.isoformat() if book.published_on else "",
        book.description,
        written_amount(book.price) if book.price else "",
        book.price.currency if book.price else "",
        "" if book.stock is None else str(book.stock),
        book.picture,
        book.work,
        str(book.ratings_count or ""),
        str(book.average_rating or ""),
    )
