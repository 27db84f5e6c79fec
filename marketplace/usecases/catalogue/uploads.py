"""The import of books from a file that a moderator uploads."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.events import BookChanged
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.usecases.catalogue.fields import layout
from servicekit.clock import now
from servicekit.csvfile import CsvFile, InvalidCsv, Row, unpacks_to_at_most
from servicekit.csvimport import Labels, parse_rows

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
"""The size limit of a request with a file; larger files need `python -m marketplace import`."""
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
"""The size limit of a decompressed file: a small one may expand to gigabytes."""
MAX_REPORTED = 100
"""How many rejected rows, unknown columns and unknown categories a report lists."""
_BATCH = 500
"""Books in one transaction, so that other writers need not wait long."""
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReport:
    """The result of an upload; the first rejected rows are listed with line number and reason."""

    name: str
    good: int
    changed: int
    rejected: int
    rejects: Sequence[tuple[int, str]] = ()
    unknown_columns: Sequence[str] = ()
    unknown_categories: Sequence[tuple[str, int]] = ()


class Uploads:
    """Imports uploaded files; `changed` is called with the ids of changed books, and `wake`, after each commit."""

    def __init__(
        self,
        store: Store,
        *,
        changed: Callable[[Iterable[int]], None] = lambda _: None,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
        max_bytes: int = MAX_UNPACKED_BYTES,
    ) -> None:
        self._store = store
        self._changed = changed
        self._wake = wake
        self._clock = clock
        self._max_bytes = max_bytes

    def books(self, by: int, name: str, opened: IO[bytes]) -> UploadReport:
        """Add or replace the books of a file, as `python -m marketplace import --books` does.

        Rejected rows do not stop the rest. Raises InvalidCsv before anything is stored, and StoreUnavailable.
        """
        name = "".join(filter(str.isprintable, name))[:_MAX_NAME_LENGTH] or "?"
        if not unpacks_to_at_most(opened, self._max_bytes):
            raise InvalidCsv(f"{name}: more than {self._max_bytes // 1024**2} MB when decompressed")
        categories = Labels(Category)
        rows = layout(categories)
        rejects: list[tuple[int, str]] = []
        rejected = 0

        def reject(row: Row, reason: str) -> None:
            nonlocal rejected
            rejected += 1
            if rejected <= MAX_REPORTED:
                rejects.append((row.line, reason))

        with CsvFile(Path(name), required=rows.required, optional=rows.optional, opened=opened) as file:
            good, changed = self._put_all(by, name, parse_rows(file, rows, reject), lambda: rejected)
        return UploadReport(
            name=name,
            good=good,
            changed=changed,
            rejected=rejected,
            rejects=rejects,
            unknown_columns=file.unknown_columns[:MAX_REPORTED],
            unknown_categories=categories.unknown[:MAX_REPORTED],
        )

    def _put_all(self, by: int, name: str, books: Iterable[Book], rejected: Callable[[], int]) -> tuple[int, int]:
        good = changed = 0
        rest = iter(books)
        try:
            while batch := list(islice(rest, _BATCH)):
                changed += self._put(batch)
                good += len(batch)
        finally:
            # Committed batches stay even if a later one fails, so the audit log must mention them.
            counts = {"good": good, "changed": changed, "refused": rejected()}
            with self._store.write() as work:
                work.audit.add(by, Action.BOOKS_IMPORTED, name, counts, at=self._clock())
                work.commit()
        if changed:
            self._count_readers()
            self._store.refresh_statistics()
        return good, changed

    def _put(self, batch: Sequence[Book]) -> int:
        moment = self._clock()
        with self._store.write() as work:
            changed = work.books.put(batch)
            for book_id in changed:
                work.outbox.add(BookChanged(book_id), created_at=moment)
            work.commit()
        if changed:
            self._changed(changed)
            self._wake()
        return len(changed)

    def _count_readers(self) -> None:
        # Counted before the write transaction: it reads the whole history.
        with self._store.read() as work:
            counted = work.books.miscounted()
        if counted:
            with self._store.write() as work:
                work.books.set_reader_counts(counted)
                work.commit()
