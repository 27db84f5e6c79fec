"""Reads files of interactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from bookfiles.columns.interactions import INTERACTIONS
from bookfiles.form.rows import Reject, Row, Table
from bookfiles.reading.columns import Columns
from bookfiles.reading.converting import Progress, Reading, convert
from bookfiles.reading.interaction_columns import judge
from bookfiles.reading.interaction_rows import InteractionRecord, InteractionRows
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport
from bookfiles.reading.spool import Spool

__all__ = ["InteractionRecord", "Reading", "read_interactions"]

_NOT_COUNTED = "wishes, refunds, returns and the like"


@contextmanager
def read_interactions(
    table: Table, name: str, options: Options, *, reject: Reject, progress: Progress = lambda _: None
) -> Iterator[Reading]:
    """Read a file of interactions twice: once to judge its columns, once to convert its rows.

    Raises InvalidFile if it has no column of readers or books, or one that could change the sense of a row and is not
    understood.
    """
    columns = Columns(table.header, INTERACTIONS, options.mapped)
    columns.require(name, "book_id", "the id of a book")
    if not options.reader:
        otherwise = ", or with --reader the one reader whose file it is"
        columns.require(name, "user_id", "the id of a reader", otherwise)
    reader = InteractionRows(columns, options, judge(table, name, columns, options, progress))
    with Spool[InteractionRecord](options.spool) as records:
        report = FileReport(name, table.form, "interactions", columns.describe(reader.shown), notes=reader.notes)

        def read(row: Row) -> InteractionRecord | None:
            record = reader.read(row)
            if record is None:
                report.skipped[_NOT_COUNTED] += 1
            return record

        yield convert(table, report, records, read, reject=reject, progress=progress)
