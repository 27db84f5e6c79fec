"""A bookseller's file of books, sent by a moderator's browser."""

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
from servicekit.csvfile import CsvFile, NotSuchACsv, Row, is_within
from servicekit.importing import Labels, values_of

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
"""Of a request with such a file; larger ones are for `python -m marketplace import`."""
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
"""Of a file once it is unpacked: a small one may hold gigabytes of blanks."""
TOLD = 100
"""So many bad rows, and so many of what else was not understood, are told."""
_BATCH = 500
"""So many books are a transaction: others who write wait no longer."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReport:
    """What became of a file's rows; of bad ones the first are told, each with its line and the reason."""

    name: str
    good: int
    changed: int
    refused: int
    told: Sequence[tuple[int, str]] = ()
    unknown_columns: Sequence[str] = ()
    unknown_categories: Sequence[tuple[str, int]] = ()


class Uploads:
    """Brings such files in; `changed` is called with the ids of books that changed, `wake` after each commit."""

    def __init__(
        self,
        store: Store,
        *,
        changed: Callable[[Iterable[int]], None] = lambda _: None,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
        most: int = MAX_UNPACKED_BYTES,
    ) -> None:
        self._store = store
        self._changed = changed
        self._wake = wake
        self._clock = clock
        self._most = most

    def books(self, by: int, name: str, opened: IO[bytes]) -> UploadReport:
        """Add or replace the books of a file, as `python -m marketplace import --books` does.

        Bad rows stop nothing. Raises NotSuchACsv before anything is stored, and StoreUnavailable.
        """
        name = "".join(filter(str.isprintable, name))[:_LONGEST_NAME] or "?"
        if not is_within(opened, self._most):
            raise NotSuchACsv(f"{name}: more than {self._most // 1024**2} MB when it is unpacked")
        categories = Labels(Category)
        rows = layout(categories)
        told: list[tuple[int, str]] = []
        refused = 0

        def refuse(row: Row, reason: str) -> None:
            nonlocal refused
            refused += 1
            if refused <= TOLD:
                told.append((row.line, reason))

        with CsvFile(Path(name), required=rows.required, optional=rows.optional, opened=opened) as file:
            good, changed = self._put_all(by, name, values_of(file, rows, refuse), lambda: refused)
        return UploadReport(
            name=name,
            good=good,
            changed=changed,
            refused=refused,
            told=told,
            unknown_columns=file.unknown_columns[:TOLD],
            unknown_categories=categories.unknown[:TOLD],
        )

    def _put_all(self, by: int, name: str, books: Iterable[Book], refused: Callable[[], int]) -> tuple[int, int]:
        good = changed = 0
        rest = iter(books)
        try:
            while batch := list(islice(rest, _BATCH)):
                changed += self._put(batch)
                good += len(batch)
        finally:
            # What came whole stays, whatever happened then; so the log tells it.
            counts = {"good": good, "changed": changed, "refused": refused()}
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
        # Looked up before the transaction that writes: the whole history is read for it.
        with self._store.read() as work:
            counted = work.books.miscounted()
        if counted:
            with self._store.write() as work:
                work.books.count_readers(counted)
                work.commit()
