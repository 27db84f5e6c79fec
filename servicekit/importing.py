"""Bringing a CSV file in: parsed row by row, stored batch by batch, with a progress bar and a rejects file."""

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
from servicekit.csvfile import CsvFile, EndsEarly, RejectsFile, Row, RowRefused

BATCH = 10_000
NAMED = 20
"""How many unknown labels are named."""

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, kw_only=True)
class Layout(Generic[T]):
    """How the rows of one kind of file become values.

    `parse` raises RowRefused; `key`, where given, may stand in one file only once.
    """

    noun: str
    required: Sequence[str]
    optional: Sequence[str]
    parse: Callable[[Fields], T]
    key: Callable[[T], Hashable] | None = None


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What became of a file's rows: `good` ones were stored or known already, `changed` of them changed anything."""

    good: int
    changed: int
    refused: int


class Labels(Generic[E]):
    """Reads lists of an enumeration's members; a label that means none is counted and costs only itself."""

    def __init__(self, members: type[E]) -> None:
        self._members = members
        self._unknown: Counter[str] = Counter()

    def read(self, fields: Fields, column: str) -> tuple[E, ...]:
        """The members in a column, each once, in their order."""
        known: dict[E, None] = {}
        for label in csvfields.listing(fields, column):
            name = csvfields.member_name(label)
            if name in self._members.__members__:
                known[self._members[name]] = None
            else:
                self._unknown[label] += 1
        return tuple(known)

    @property
    def unknown(self) -> list[tuple[str, int]]:
        """The labels that meant nothing and how often each was met, the most frequent first."""
        return self._unknown.most_common()

    def tell_unknown(self, path: Path, noun: str) -> None:
        """Say on the screen which labels meant nothing, the most frequent ones."""
        unknown = self.unknown
        if not unknown:
            return
        named = [f"{label} ({count:,})" for label, count in unknown[:NAMED]]
        if len(unknown) > NAMED:
            named.append(f"and {len(unknown) - NAMED:,} more")
        click.echo(f"{path.name}: ignored unknown {noun}: {', '.join(named)}")


def check_csv(path: Path, layout: Layout[T]) -> None:
    """Raise NotSuchACsv where `path` as a whole is not a file of that layout."""
    with CsvFile(path, required=layout.required, optional=layout.optional):
        pass


def import_csv(path: Path, layout: Layout[T], *, store: Callable[[list[T]], int], rejects: Path) -> ImportReport:
    """Read `path`, hand its values to `store` in batches, and say on the screen what became of them.

    `store` keeps a batch in one transaction and returns how many values changed anything. Refused rows go to a
    file in the folder `rejects`. Raises NotSuchACsv before anything is stored, EndsEarly after what came whole.
    """
    good = changed = 0
    with (
        CsvFile(path, required=layout.required, optional=layout.optional) as file,
        RejectsFile(rejects / f"{path.name}.rejects.csv") as refused,
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
            for value in values_of(file, layout, refused.add):
                batch.append(value)
                if len(batch) == BATCH:
                    flush()
        except EndsEarly:
            flush()  # what came whole
            raise
        flush()
    report = ImportReport(good=good, changed=changed, refused=refused.count)
    click.echo(f"{path.name}: {good:,} {layout.noun}, {changed:,} of them new or changed")
    if file.unknown_columns:
        click.echo(f"{path.name}: ignored unknown columns: {', '.join(file.unknown_columns)}")
    if report.refused:
        click.echo(f"{path.name}: {report.refused:,} rows could not be used; see {refused.path}", err=True)
    return report


def read_csv(path: Path, layout: Layout[T], *, refuse: Callable[[Row, str], None]) -> Iterator[T]:
    """The values of `path` as they are read, with a progress bar on standard error; bad rows go to `refuse`.

    Raises NotSuchACsv before the first value, and EndsEarly after what came whole.
    """
    with (
        CsvFile(path, required=layout.required, optional=layout.optional) as file,
        click.progressbar(length=file.size, label=f"reading {path.name}", file=sys.stderr) as bar,
    ):
        for count, value in enumerate(values_of(file, layout, refuse), 1):
            yield value
            if count % BATCH == 0:
                bar.update(file.position - bar.pos)
        bar.update(file.size - bar.pos)


def values_of(file: CsvFile, layout: Layout[T], refuse: Callable[[Row, str], None]) -> Iterator[T]:
    """The values of an open file's rows; bad rows go to `refuse` with the reason.

    Raises EndsEarly after what came whole.
    """
    columns = [(name, file.column(name)) for name in (*layout.required, *layout.optional)]
    known = [(name, index) for name, index in columns if index is not None]
    lines: dict[Hashable, int] = {}
    for row in file.rows(refuse):
        try:
            value = layout.parse({name: row.fields[index] for name, index in known})
            if layout.key is not None:
                first = lines.setdefault(layout.key(value), row.line)
                if first != row.line:
                    raise RowRefused(f"the same id as on line {first}")
        except RowRefused as reason:
            refuse(row, str(reason))
        else:
            yield value
