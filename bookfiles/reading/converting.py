"""Goes over the rows of a file, whatever they are, and counts what became of them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from bookfiles.errors import InvalidRow, TruncatedFile
from bookfiles.form.rows import Reject, Row, Table
from bookfiles.reading.report import FileReport
from bookfiles.reading.spool import Spool

_PROGRESS_ROWS = 5_000

Progress = Callable[[Table], None]
"""Called after every few thousand rows."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read: the report, and its records."""

    report: FileReport
    records: Spool[Any]
    damage: TruncatedFile | None = None
    """What was found after the last record."""


def judged_rows(table: Table, progress: Progress) -> Iterator[Row]:
    """The rows before a damage, if there is one, without malformed ones: for a first look at all of them."""
    with suppress(TruncatedFile):
        for number, row in enumerate(table.rows(lambda _row, _reason: None), 1):
            if number % _PROGRESS_ROWS == 0:
                progress(table)
            yield row


def convert(
    table: Table,
    report: FileReport,
    records: Spool[T],
    read: Callable[[Row], T | None],
    *,
    reject: Reject,
    progress: Progress,
) -> Reading:
    """Convert all rows; `read` returns None for rows that it has counted as skipped, and raises InvalidRow."""

    def refuse(row: Row, reason: str) -> None:
        report.refused += 1
        reject(row, reason)

    def malformed(row: Row, reason: str) -> None:
        report.rows += 1
        refuse(row, reason)

    damage = None
    try:
        for row in table.rows(malformed):
            report.rows += 1
            if report.rows % _PROGRESS_ROWS == 0:
                progress(table)
            try:
                record = read(row)
            except InvalidRow as reason:
                refuse(row, str(reason))
                continue
            if record is not None:
                report.good += 1
                records.add(record)
    except TruncatedFile as error:
        damage = error
    return Reading(report, records, damage)
