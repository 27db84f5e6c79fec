"""What was understood of a file, as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from servicekit.table import print_table

NOT_USED = "not used"
_MAX_EXAMPLE = 30
_MAX_REASON = 70
_MAX_PRINTED = 20


@dataclass(slots=True)
class ColumnReport:
    """What became of a column's fields, with an example of each."""

    name: str
    meaning: str
    read: int = 0
    left_empty: int = 0
    refused: int = 0
    example: str = ""
    example_left_empty: str = ""
    example_refused: str = ""

    def count_read(self, text: str) -> None:
        self.read += 1
        if not self.example:
            self.example = text.strip()

    def count_left_empty(self, line: int, reason: str) -> None:
        self.left_empty += 1
        self.example_left_empty = self.example_left_empty or f"line {line}: {reason}"

    def count_refused(self, line: int, reason: str) -> None:
        self.refused += 1
        self.example_refused = self.example_refused or f"line {line}: {reason}"


@dataclass(slots=True)
class FileReport:
    """What was understood of a file: its form, its columns, and the numbers of its rows."""

    name: str
    form: str
    noun: str
    columns: Sequence[ColumnReport]
    rows: int = 0
    good: int = 0
    refused: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Rows that say nothing to store, by why."""
    notes: list[str] = field(default_factory=list)
    unknown_categories: Counter[str] = field(default_factory=Counter)

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing, or less than half of what was not skipped, could be read."""
        return self.good == 0 or self.refused > self.good

    def echo(self) -> None:
        """Print it."""
        cells = [
            (
                _short(column.name, _MAX_EXAMPLE) or "(no name)",
                column.meaning,
                f"{column.read:,}" if column.meaning != NOT_USED else "",
                _short(column.example, _MAX_EXAMPLE),
                f"{column.left_empty:,}" if column.left_empty else "",
                f"{column.refused:,}" if column.refused else "",
            )
            for column in self.columns
        ]
        heads = ("column", "meaning", "read", "for example", "left empty", "refused")
        print_table(f"{self.name}: {self.form}", heads, cells)
        for column in self.columns:
            for what, example in (("left empty", column.example_left_empty), ("refused", column.example_refused)):
                if example:
                    click.echo(f"{column.name}, {what}: {_short(example, 2 * _MAX_REASON)}")
        for note in self.notes:
            click.echo(note)
        for why, count in self.skipped.items():
            click.echo(f"{count:,} rows skipped: {why}")
        if self.unknown_categories:
            click.echo(f"no category found, kept as subjects: {first(self.unknown_categories.most_common())}")
        click.echo(f"{self.name}: {self.rows:,} rows, {self.good:,} {self.noun}, {self.refused:,} rows refused")


def first(labels: Sequence[tuple[str, int]]) -> str:
    """The first labels with their counts, in words."""
    more = [f"and {len(labels) - _MAX_PRINTED:,} more"] if len(labels) > _MAX_PRINTED else []
    return ", ".join([*(f"{label} ({count:,})" for label, count in labels[:_MAX_PRINTED]), *more])


def _short(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
