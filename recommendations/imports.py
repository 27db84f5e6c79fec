"""Importing a bookseller's catalogue and history."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import (
    HIGHEST_RATING,
    LONGEST_ID,
    LOWEST_RATING,
    Interaction,
    InteractionKind,
)
from recommendations.store import Store
from servicekit import csvfields
from servicekit.clock import now
from servicekit.csvfields import Fields
from servicekit.csvfile import InvalidRow
from servicekit.csvimport import Labels, Layout, check_csv, import_csv

GREATEST_IMPORTED_ID = 999_999_999
"""Readers and books created in a shop have higher ids, so that the two never clash."""


class Importer:
    """Imports files into one store."""

    def __init__(self, store: Store, *, rejects: Path, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._rejects = rejects
        self._clock = clock
        self._forgotten = 0
        self._categories = Labels(Category)

    def run(self, books: Path | None, interactions: Path | None) -> None:
        """Import one or both files, and print a report.

        Raises InvalidCsv before anything of either is stored, and TruncatedCsv after storing what is complete.
        """
        self._forgotten = changed = 0
        layout = books_layout(self._categories)
        if books is not None:
            check_csv(books, layout)
        if interactions is not None:
            check_csv(interactions, INTERACTIONS)
        if books is not None:
            changed += import_csv(books, layout, store=self._put_books, rejects=self._rejects).changed
            self._categories.print_unknown(books, "categories")
        if interactions is not None:
            report = import_csv(interactions, INTERACTIONS, store=self._put_interactions, rejects=self._rejects)
            changed += report.changed
            self._print_forgotten(interactions)
        if changed:
            self._store.refresh_statistics()
        self._print_unknown_books()

    def _put_books(self, batch: list[Book]) -> int:
        with self._store.write() as work:
            changed = work.books.upsert(batch, self._clock().date())
            work.commit()
        return len(changed)

    def _put_interactions(self, batch: list[Interaction]) -> int:
        with self._store.write() as work:
            imported = work.interactions.add_many(batch)
            work.commit()
        self._forgotten += imported.forgotten
        return imported.new

    def _print_forgotten(self, path: Path) -> None:
        if self._forgotten:
            click.echo(f"{path.name}: skipped {self._forgotten:,} interactions of readers who were forgotten")

    def _print_unknown_books(self) -> None:
        with self._store.read() as work:
            count = work.interactions.of_unknown_books()
        if count:
            click.echo(
                f"{count:,} interactions name books that are not in the catalogue; they count once these are imported"
            )


def books_layout(categories: Labels[Category]) -> Layout[Book]:
    """The layout of a CSV file of books; `categories` parses their categories and counts unknown ones."""

    def book(fields: Fields) -> Book:
        return Book(
            id=csvfields.identifier(fields, "book_id", maximum=GREATEST_IMPORTED_ID),
            title=csvfields.title(fields),
            authors=csvfields.entries(fields, "authors"),
            categories=categories.read(fields, "categories"),
            subjects=csvfields.entries(fields, "subjects"),
            year=csvfields.year(fields, "year"),
            published_on=csvfields.utc_date(fields, "published_at"),
            isbn=csvfields.text(fields, "isbn"),
            work=csvfields.text(fields, "work"),
        )

    return Layout(
        noun="books",
        required=("book_id", "title"),
        optional=csvfields.BOOK_COLUMNS,
        parse=book,
        key=lambda book: book.id,
    )


def _interaction(fields: Fields) -> Interaction:
    reader_id = csvfields.identifier(fields, "user_id", maximum=GREATEST_IMPORTED_ID)
    book_id = csvfields.identifier(fields, "book_id", maximum=GREATEST_IMPORTED_ID)
    kind = csvfields.choice(fields, "kind", default=InteractionKind.PURCHASE, excluded={InteractionKind.UNDO})
    occurred_at = csvfields.timestamp(fields, "occurred_at")
    given_id = csvfields.text(fields, "interaction_id", max_length=LONGEST_ID)
    return Interaction(
        id=given_id or _derived_id(reader_id, book_id, kind, occurred_at),
        reader_id=reader_id,
        book_id=book_id,
        kind=kind,
        value=_rating(fields) if kind is InteractionKind.RATING else 0.0,
        occurred_at=occurred_at,
    )


INTERACTIONS = Layout(
    noun="interactions",
    required=("user_id", "book_id"),
    optional=csvfields.INTERACTION_COLUMNS,
    parse=_interaction,
)
"""The layout of a CSV file of interactions."""


def _rating(fields: Fields) -> float:
    value = csvfields.number(fields, "value")
    if value is None or not LOWEST_RATING <= value <= HIGHEST_RATING:
        raise InvalidRow(f"value of a rating must be {LOWEST_RATING:g} to {HIGHEST_RATING:g}")
    return value


def _derived_id(reader_id: int, book_id: int, kind: InteractionKind, occurred_at: datetime | None) -> str:
    """The same row gets the same id, so that importing a file twice changes nothing."""
    return f"import:{reader_id}:{book_id}:{kind.name.lower()}:{occurred_at.isoformat() if occurred_at else ''}"
