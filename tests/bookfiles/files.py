"""Files in memory, and what is read from them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

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


_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DATE_STYLE = 1

Cell = str | float | bool | datetime | None


def workbook(*sheets: Sequence[Sequence[Cell]]) -> bytes:
    """An .xlsx workbook (ECMA-376) with these rows in its sheets, as small as Excel opens it."""
    stored = io.BytesIO()
    numbers = range(1, len(sheets) + 1)
    with ZipFile(stored, "w", ZIP_DEFLATED) as archive:
        parts = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET}"/>' for n in numbers)
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_BOOK}"/>{parts}</Types>',
        )
        archive.writestr("_rels/.rels", _relations(("officeDocument", "xl/workbook.xml")))
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _relations(*(("worksheet", f"worksheets/sheet{n}.xml") for n in numbers), ("styles", "styles.xml")),
        )
        named = "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>'
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        )
        for number, rows in zip(numbers, sheets, strict=True):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(rows))
    return stored.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    lines = (
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{"".join(lines)}</Relationships>'


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = (
        f'<row r="{at}">{"".join(_cell(value, f"{chr(65 + column)}{at}") for column, value in enumerate(row))}</row>'
        for at, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(value: Cell, place: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case datetime():
            days = (value - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86_400
            return f'<c r="{place}" s="{_DATE_STYLE}"><v>{days}</v></c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        case _:
            return f'<c r="{place}"><v>{value}</v></c>'
