"""The import of books from a file that a moderator uploads."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO

from bookfiles.errors import InvalidFile
from bookfiles.form.files import open_table
from bookfiles.form.rows import Row
from bookfiles.ids import Ids
from bookfiles.imports import FileBook, numbered_books, require_named
from bookfiles.reading.books import Reading, read_books
from bookfiles.reading.options import Options
from bookfiles.reading.report import ColumnReport, FileReport
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.usecases.announcements import announce_books
from marketplace.usecases.catalogue.imports import put_books
from servicekit.clock import now

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
"""The size limit of a request with a file; larger files need `python -m marketplace import`."""
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
"""The size limit of a decompressed file: a small one may expand to gigabytes."""
MAX_REPORTED = 100
"""How many columns, refused rows and unknown categories a report lists."""
_BATCH = 500
"""Books in one transaction, so that other writers need not wait long."""
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReport:
    """The result of an upload; the first refused rows are listed with line number and reason."""

    name: str
    form: str
    good: int
    changed: int
    rejected: int
    rejects: Sequence[tuple[int, str]]
    columns: Sequence[ColumnReport]
    notes: Sequence[str]
    unknown_categories: Sequence[tuple[str, int]]


class Uploads:
    """Imports uploaded files; `changed` is called with the ids of changed books, and `wake`, after each commit."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        *,
        changed: Callable[[Iterable[int]], None] = lambda _: None,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
        max_bytes: int = MAX_UNPACKED_BYTES,
    ) -> None:
        self._store = store
        self._ids = ids
        self._changed = changed
        self._wake = wake
        self._clock = clock
        self._max_bytes = max_bytes

    def books(self, by: int, name: str, opened: IO[bytes]) -> UploadReport:
        """Add or update the books of a file, as `python -m marketplace import --books` does.

        Refused rows do not stop the rest. Raises InvalidFile before anything is stored, and StoreUnavailable.
        """
        name = "".join(filter(str.isprintable, name))[:_MAX_NAME_LENGTH] or "?"
        rejects: list[tuple[int, str]] = []

        def reject(row: Row, reason: str) -> None:
            if len(rejects) < MAX_REPORTED:
                rejects.append((row.line, reason))

        with (
            open_table(Path(name), opened=opened, max_bytes=self._max_bytes) as table,
            read_books(table, name, Options(now=self._clock()), reject=reject) as reading,
        ):
            report = reading.report
            if reading.damage is not None:
                raise InvalidFile(str(reading.damage))
            if report.is_hopeless:
                raise InvalidFile(_hopeless(report, rejects))
            require_named(reading, self._ids, self._known_books)
            changed = self._put_all(by, name, reading, reject)
        return UploadReport(
            name=name,
            form=report.form,
            good=report.good,
            changed=changed,
            rejected=report.refused,
            rejects=rejects,
            columns=report.columns[:MAX_REPORTED],
            notes=report.notes,
            unknown_categories=report.unknown_categories.most_common(MAX_REPORTED),
        )

    def _known_books(self, ids: Sequence[int]) -> Set[int]:
        with self._store.read() as work:
            return work.books.existing(ids)

    def _put_all(self, by: int, name: str, reading: Reading, reject: Callable[[Row, str], None]) -> int:
        changed = 0
        report = reading.report
        try:
            for records in reading.records.batches():
                rest = iter(numbered_books(records, self._ids))
                while batch := list(islice(rest, _BATCH)):
                    changed += self._put(batch, report, reject)
        finally:
            # Committed batches stay even if a later one fails, so the audit log must mention them.
            counts = {"good": report.good, "changed": changed, "refused": report.refused}
            with self._store.write() as work:
                work.audit.add(by, Action.BOOKS_IMPORTED, name, counts, at=self._clock())
                work.commit()
        if changed:
            self._count_readers()
            self._store.refresh_statistics()
        return changed

    def _put(self, batch: Sequence[FileBook], report: FileReport, reject: Callable[[Row, str], None]) -> int:
        moment = self._clock()
        with self._store.write() as work:
            put = put_books(work, batch, overwrite=False)
            announce_books(work, put.changed, moment=moment)
            work.commit()
        for place, reason in put.refused:
            report.good -= 1
            report.refused += 1
            reject(Row(batch[place].record.line, []), reason)
        if put.changed:
            self._changed(put.changed)
            self._wake()
        return len(put.changed)

    def _count_readers(self) -> None:
        # Counted before the write transaction: it reads the whole history.
        with self._store.read() as work:
            counted = work.books.miscounted()
        if counted:
            with self._store.write() as work:
                work.books.set_reader_counts(counted)
                work.commit()


def _hopeless(report: FileReport, rejects: Sequence[tuple[int, str]]) -> str:
    example = f"; line {rejects[0][0]}: {rejects[0][1]}" if rejects else ""
    if report.good == 0:
        return f"{report.name}: no row could be read{example}"
    return f"{report.name}: {report.refused:,} of {report.rows:,} rows were refused{example}"
