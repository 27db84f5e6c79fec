"""The import of a bookseller's catalogue and history."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bookfiles.ids import Ids
from bookfiles.imports import FileBook, FileInteraction, Files, Stored, import_files
from marketplace.domain.events import BookChanged
from marketplace.store import Store, UnitOfWork
from marketplace.store.readers import HistoryEntry
from marketplace.usecases.catalogue.fields import updated_book
from servicekit.clock import now

_IGNORED_KINDS = {"shown", "not_interested"}
_RATING = "rating"


class Importer:
    """Imports files into a store; refused rows are written to the folder `rejects`."""

    def __init__(self, store: Store, ids: Ids, *, rejects: Path, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._ids = ids
        self._rejects = rejects
        self._clock = clock

    def run(self, files: Files) -> None:
        """Import one or both files; prints what is understood, progress and a report.

        Raises InvalidFile before anything is stored, and TruncatedFile after the complete rows of a truncated file.
        """
        changed = 0
        try:
            loader = _Loader(self._store, files, self._clock)
            changed = import_files(files, loader=loader, ids=self._ids, rejects=self._rejects)
        finally:
            if not files.dry_run:
                with self._store.write() as work:
                    work.books.recount_readers()
                    work.commit()
        if changed:
            self._store.refresh_statistics()


class _Loader:
    """Stores the records of an import."""

    def __init__(self, store: Store, files: Files, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._overwrite = files.overwrite
        self._clock = clock

    def known_books(self, ids: Sequence[int]) -> Set[int]:
        """Those of these books that the shop has, hidden ones too."""
        with self._store.read() as work:
            return work.books.existing(ids)

    def put_books(self, batch: Sequence[FileBook]) -> Stored:
        """Store books in one transaction; what a file says replaces what was there, but for moderators' edits."""
        with self._store.write() as work:
            put = put_books(work, batch, overwrite=self._overwrite)
            # The file has been imported into Recommendations too, which does not know of moderators' edits.
            for book_id in put.kept:
                work.outbox.add(BookChanged(book_id), created_at=self._clock())
            work.commit()
        return Stored(len(put.changed), put.refused)

    def add_interactions(self, batch: Sequence[FileInteraction]) -> Stored:
        """Store what readers had and rated in one transaction."""
        with self._store.write() as work:
            new = work.history.add(_entry(record) for record in batch if record.kind not in _IGNORED_KINDS)
            work.commit()
        return Stored(new)


@dataclass(frozen=True, slots=True)
class PutBooks:
    """The ids of changed books; by place in the batch why others are refused; and the ids of those of which a
    moderator's edit was kept that the file contradicts.
    """

    changed: Sequence[int]
    refused: Sequence[tuple[int, str]]
    kept: Sequence[int]


def put_books(work: UnitOfWork, batch: Sequence[FileBook], *, overwrite: bool) -> PutBooks:
    """Add or update books; `overwrite` says whether moderators' edits are replaced too."""
    ids = [book.id for book in batch]
    known = work.books.all_of(ids)
    edited = work.books.edited(ids)
    if overwrite:
        work.books.set_edited(dict.fromkeys(edited, ()))
        edited = {}
    updated = [updated_book(book, known.get(book.id), edited.get(book.id, frozenset())) for book in batch]
    return PutBooks(
        changed=work.books.put([book for book in updated if book is not None]),
        refused=[(place, "neither title nor isbn is given") for place, book in enumerate(updated) if book is None],
        kept=[
            book.id
            for book in batch
            if book.id in edited and updated_book(book, known[book.id], frozenset()) != known[book.id]
        ],
    )


def _entry(record: FileInteraction) -> HistoryEntry:
    half_stars = round(record.value * 2) if record.kind == _RATING else None
    return HistoryEntry(record.reader_id, record.book_id, half_stars, record.occurred_at if half_stars else None)
