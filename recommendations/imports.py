"""Importing a bookseller's catalogue and history."""

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click

from bookfiles.ids import Ids
from bookfiles.imports import FileBook, FileInteraction, Files, Stored, import_files
from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Interaction, InteractionKind
from recommendations.store import Store
from recommendations.store.interactions import IMPORTED
from servicekit.clock import now


class Importer:
    """Imports files into one store."""

    def __init__(self, store: Store, ids: Ids, *, rejects: Path, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._ids = ids
        self._rejects = rejects
        self._clock = clock
        self._forgotten = 0

    def run(self, files: Files) -> None:
        """Import one or both files, and print a report.

        Raises InvalidFile before anything of either is stored, and TruncatedFile after storing what is complete.
        """
        self._forgotten = 0
        changed = import_files(files, loader=self, ids=self._ids, rejects=self._rejects)
        if self._forgotten:
            click.echo(f"skipped {self._forgotten:,} interactions of readers who were forgotten")
        if changed:
            self._store.refresh_statistics()
        if not files.dry_run:
            self._print_unknown_books()

    def known_books(self, ids: Sequence[int]) -> Set[int]:
        """Those of these books that were ever in the catalogue."""
        with self._store.read() as work:
            return set(work.books.get(ids))

    def put_books(self, batch: Sequence[FileBook]) -> Stored:
        """Store books in one transaction; what a file says replaces what was there."""
        with self._store.write() as work:
            known = work.books.get([book.id for book in batch])
            books = [(place, updated_book(book, known.get(book.id))) for place, book in enumerate(batch)]
            changed = work.books.upsert([book for _, book in books if book is not None], self._today())
            work.commit()
        return Stored(len(changed), [(place, "neither title nor isbn is given") for place, book in books if not book])

    def add_interactions(self, batch: Sequence[FileInteraction]) -> Stored:
        """Store interactions in one transaction."""
        with self._store.write() as work:
            imported = work.interactions.add_imported(list(map(interaction_of, batch)))
            work.commit()
        self._forgotten += imported.forgotten
        return Stored(imported.new)

    def _today(self) -> date:
        return self._clock().date()

    def _print_unknown_books(self) -> None:
        with self._store.read() as work:
            count = work.interactions.of_unknown_books()
        if count:
            click.echo(
                f"{count:,} interactions name books that are not in the catalogue; they count once these are imported"
            )


def updated_book(book: FileBook, known: Book | None) -> Book | None:
    """The book with what a file says of it; None for a new one without title and ISBN."""
    values = book.record.values
    title = values.get("title") or (known.title if known else values.get("isbn"))
    if not title:
        return None
    before = known or Book(id=book.id, title=title)
    return replace(
        before,
        title=title,
        authors=values.get("authors", before.authors),
        categories=tuple(map(Category.__getitem__, values["categories"]))
        if "categories" in values
        else before.categories,
        subjects=values.get("subjects", before.subjects),
        year=values.get("year", before.year),
        published_on=values.get("published_on", before.published_on),
        isbn=values.get("isbn", before.isbn),
        work=values.get("work", before.work),
        ratings_count=values.get("ratings_count", before.ratings_count),
        average_rating=values.get("average_rating", before.average_rating),
    )


def interaction_of(record: FileInteraction) -> Interaction:
    """The interaction; the same row gets the same id, so that importing a file twice changes nothing."""
    kind = InteractionKind[record.kind.upper()]
    return Interaction(
        id=record.id or derived_id(record.reader_id, record.book_id, kind, record.occurred_at),
        reader_id=record.reader_id,
        book_id=record.book_id,
        kind=kind,
        value=record.value,
        occurred_at=record.occurred_at,
    )


def derived_id(reader_id: int, book_id: int, kind: InteractionKind, occurred_at: datetime | None) -> str:
    """The id of a file's interaction without one."""
    return f"{IMPORTED}{reader_id}:{book_id}:{kind.name.lower()}:{occurred_at.isoformat() if occurred_at else ''}"
