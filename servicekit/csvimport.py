"""Imports CSV files: parses rows, stores them in batches, shows progress and writes a rejects file."""

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

import click

from servicekit import csvfields
from servicekit.csvfields import Fields
from servicekit.csvfile import CsvFile, InvalidRow, RejectsFile, Row, TruncatedCsv

BATCH = 10_000
MAX_PRINTED = 20
"""How many unknown labels, or columns, are printed."""

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, kw_only=True)
class Layout(Generic[T]):
    """The columns of a kind of file, and how to parse its rows.

    `parse` raises InvalidRow. A repeated `key` makes a row invalid.
    """

    noun: str
    required: Sequence[str]
    optional: Sequence[str]
    parse: Callable[[Fields], T]
    key: Callable[[T], Hashable] | None = None


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """The numbers of rows that were valid, that changed anything in the database, and that were rejected."""

    good: int
    changed: int
    rejected: int


class Labels(Generic[E]):
    """Parses lists of enum members; unknown labels are skipped and counted."""

    def __init__(self, members: type[E]) -> None:
        self._members = members
        self._unknown: Counter[str] = Counter()

    def read(self, fields: Fields, column: str) -> tuple[E, ...]:
        """The members in a column, in order and without duplicates."""
        members: dict[E, None] = {}
        for label in csvfields.entries(fields, column):
            name = csvfields.member_name(label)
            if name in self._members.__members__:
                members[self._members[name]] = None
            else:
                self._unknown[label] += 1
        return tuple(members)

    @property
    def unknown(self) -> list[tuple[str, int]]:
        """The unknown labels with their counts, the most frequent first."""
        return self._unknown.most_common()

    def print_unknown(self, path: Path, noun: str) -> None:
        """Print the most frequent unknown labels; `noun` says what they are labels of."""
        labels = [f"{label} ({count:,})" for label, count in self.unknown]
        if labels:
            click.echo(f"{path.name}: ignored unknown {noun}: {_first(labels)}")


def check_csv(path: Path, layout: Layout[T]) -> None:
    """Raise InvalidCsv if `path` is not a CSV with the columns of `layout`."""
    with CsvFile(path, required=layout.required, optional=layout.optional):
        pass


def import_csv(path: Path, layout: Layout[T], *, store: Callable[[list[T]], int], rejects: Path) -> ImportReport:
    """Import `path` in batches, with a progress bar, and print a summary.

    `store` stores a batch in one transaction and returns how many of its values changed anything. Rejected rows go
    to a file in the folder `rejects`. Raises InvalidCsv before anything is stored, and TruncatedCsv after the rows
    before the damage are stored.
    """
    good = changed = 0
    with (
        CsvFile(path, required=layout.required, optional=layout.optional) as file,
        RejectsFile(rejects / f"{path.name}.rejects.csv") as rejected,
        click.progressbar(length=file.size, label=f"importing {path.name}") as bar,
    ):
        batch: list[T] = []

        def flush() -> None:
            nonlocal good, changed
            good += len(batch)
            changed += store(batch) if batch else 0
            batch.clear()
            bar.update(file.position - bar.pos)

        try:
            for value in parse_rows(file, layout, rejected.add):
                batch.append(value)
                if len(batch) == BATCH:
                    flush()
        except TruncatedCsv:
            flush()
            raise
        flush()
    report = ImportReport(good=good, changed=changed, rejected=rejected.count)
    click.echo(f"{path.name}: {good:,} {layout.noun}, {changed:,} of them new or changed")
    if file.unknown_columns:
        click.echo(f"{path.name}: ignored unknown columns: {_first(file.unknown_columns)}")
    if report.rejected:
        click.echo(f"{path.name}: {report.rejected:,} rows could not be used; see {rejected.path}", err=True)
    return report


def read_csv(path: Path, layout: Layout[T], *, reject: Callable[[Row, str], None]) -> Iterator[T]:
    """The parsed rows of `path`, with a progress bar on standard error; invalid ones go to `reject`.

    Raises InvalidCsv before the first row, and TruncatedCsv after the rows before the damage.
    """
    with (
        CsvFile(path, required=layout.required, optional=layout.optional) as file,
        click.progressbar(length=file.size, label=f"reading {path.name}", file=sys.stderr) as bar,
    ):
        for count, value in enumerate(parse_rows(file, layout, reject), 1):
            yield value
            if count % BATCH == 0:
                bar.update(file.position - bar.pos)
        bar.update(file.size - bar.pos)


def parse_rows(file: CsvFile, layout: Layout[T], reject: Callable[[Row, str], None]) -> Iterator[T]:
    """The parsed rows of an open file; invalid ones go to `reject` with the reason.

    Raises TruncatedCsv after the rows before the damage.
    """
    names = (*layout.required, *layout.optional)
    columns = [(name, index) for name in names if (index := file.column(name)) is not None]
    lines: dict[Hashable, int] = {}
    for row in file.rows(reject):
        try:
            value = layout.parse({name: row.fields[index] for name, index in columns})
            if layout.key is not None:
                first_line = lines.setdefault(layout.key(value), row.line)
                if first_line != row.line:
                    raise InvalidRow(f"the same id as on line {first_line}")
        except InvalidRow as reason:
            reject(row, str(reason))
        else:
            yield value


def _first(names: Sequence[str]) -> str:
    more = [f"and {len(names) - MAX_PRINTED:,} more"] if len(names) > MAX_PRINTED else []
    return ", ".join([*names[:MAX_PRINTED], *more])
