"""Files in memory, and what is read from them."""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from bookfiles.columns.books import BOOKS
from bookfiles.columns.interactions import INTERACTIONS
from bookfiles.columns.meanings import Mapped
from bookfiles.errors import TruncatedFile
from bookfiles.form.files import open_table
from bookfiles.form.rows import Row
from bookfiles.reading.books import BookRecord, read_books
from bookfiles.reading.interactions import InteractionRecord, read_interactions
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NAME = "file.csv"

T = TypeVar("T")


@dataclass
class Table:
    """What is in a table: rows by their lines, and the lines and reasons of rejected ones."""

    form: str
    header: list[str]
    rows: list[tuple[int, list[str | None]]] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    kept: list[Row] = field(default_factory=list)
    """The rejected rows themselves."""
    damage: str = ""

    @property
    def fields(self) -> list[list[str | None]]:
        """The fields of the rows."""
        return [fields for _, fields in self.rows]


def table_of(content: str | bytes, *, max_bytes: int | None = None) -> Table:
    """The whole table in a file of this content."""
    data = content.encode() if isinstance(content, str) else content
    with open_table(Path(NAME), opened=io.BytesIO(data), max_bytes=max_bytes) as opened:
        table = Table(opened.form, list(opened.header))

        def reject(row: Row, reason: str) -> None:
            table.rejected.append((row.line, reason))
            table.kept.append(row)

        try:
            for row in opened.rows(reject):
                table.rows.append((row.line, list(row.fields)))
        except TruncatedFile as error:
            table.damage = str(error)
    return table


@dataclass(frozen=True)
class Read(Generic[T]):
    """What was read of a file: records, lines and reasons of refused rows, and the report."""

    records: list[T]
    refused: dict[int, str]
    report: FileReport

    @property
    def meanings(self) -> dict[str, str]:
        """By column its meaning, without those that are not used."""
        return {column.name: column.meaning for column in self.report.columns if column.meaning != "not used"}

    @property
    def left_empty(self) -> dict[str, str]:
        """By column the first reason why a field was left empty."""
        return {column.name: column.example_left_empty for column in self.report.columns if column.left_empty}


def options_of(*mapped: str, **said: Any) -> Options:
    """What a person says: the values of `--map`, and options by name."""
    columns = tuple(Mapped.of(text, (*BOOKS, *INTERACTIONS)) for text in mapped)
    return Options(mapped=columns, **{"now": NOW, **said})


def books_of(content: str | bytes, *mapped: str, **said: Any) -> Read[BookRecord]:
    """The books in a file of this content."""
    return _read(content, read_books, options_of(*mapped, **said))


def interactions_of(content: str | bytes, *mapped: str, **said: Any) -> Read[InteractionRecord]:
    """The interactions in a file of this content."""
    return _read(content, read_interactions, options_of(*mapped, **said))


def values_of(content: str | bytes, attribute: str, *mapped: str, **said: Any) -> dict[int | str, Any]:
    """By book the value of one attribute, for those that have it."""
    records = books_of(content, *mapped, **said).records
    return {record.id: record.values[attribute] for record in records if attribute in record.values}


def _read(content: str | bytes, reader: Any, options: Options) -> Read[Any]:
    data = content.encode() if isinstance(content, str) else content
    refused: dict[int, str] = {}
    with (
        open_table(Path(NAME), opened=io.BytesIO(data)) as table,
        reader(table, NAME, options, reject=lambda row, why: refused.setdefault(row.line, why)) as reading,
    ):
        records = [record for batch in reading.records.batches() for record in batch]
        return Read(records, refused, reading.report)


def csv_of(header: str, *rows: str) -> str:
    """A file of these lines."""
    return "".join(f"{line}\n" for line in (header, *rows))


def filled(header: str, *rows: dict[str, str], delimiter: str = ",") -> str:
    """A file with a long header: of each row the fields that are not empty are given by column."""
    names = next(csv.reader([header], delimiter=delimiter))
    assert set().union(*rows) <= set(names)
    return csv_of(header, *(delimiter.join(_quoted(row.get(name, "")) for name in names) for row in rows))


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if set(text) & set(',;\t|"\n') else text
