"""The fields of a row by meaning, and the columns that nothing is read from."""

from collections.abc import Mapping, Sequence

from bookfiles.columns.meanings import IGNORED, Mapped, Meaning, columns_of, folded
from bookfiles.errors import InvalidFile, InvalidRow, Unreadable
from bookfiles.form.rows import Row
from bookfiles.reading.report import NOT_USED, ColumnReport

_ENOUGH = 0.98
"""The share of rows in which a column of ids has to be filled to come before later ones."""
_MAX_SHOWN = 200


class Columns:
    """The columns of a file: which mean what, and what became of their fields."""

    def __init__(self, header: Sequence[str], meanings: Sequence[Meaning], mapped: Sequence[Mapped]) -> None:
        self.header = header
        self.positions: dict[str, list[int]] = dict(columns_of(header, meanings, mapped))
        self.ignored = {folded(entry.column) for entry in mapped if entry.meaning == IGNORED}
        """Names that a person leaves out."""
        used = {position for positions in self.positions.values() for position in positions}
        named = columns_of(header, meanings, ())
        self.overruled = {position for positions in named.values() for position in positions} - used
        """Columns in whose place a person has named others."""
        self.reports: dict[int, ColumnReport] = {}

    def has(self, meaning: str) -> bool:
        """Whether a column has this meaning."""
        return bool(self.positions.get(meaning))

    def require(self, name: str, meaning: str, what: str, otherwise: str = "") -> None:
        """Raise InvalidFile if no column of the file `name` has a meaning."""
        if self.has(meaning):
            return
        if not any(any(map(str.isalpha, column)) for column in self.header):
            raise InvalidFile(f"{name}: the first line does not name the columns; add one such as book_id,title")
        shown = ", ".join(filter(None, self.header))[:_MAX_SHOWN]
        raise InvalidFile(
            f"{name}: no column is known to be {what}; the columns are {shown}; "
            f'name it with --map "COLUMN={meaning}"{otherwise}'
        )

    def choose(self, meaning: str, filled: Mapping[int, int], rows: int) -> None:
        """Keep one of several columns of a meaning: the first of which hardly a field is empty."""
        positions = self.positions[meaning]
        enough = [position for position in positions if filled.get(position, 0) >= rows * _ENOUGH]
        self.positions[meaning] = (enough or positions)[:1]

    def fields(self, row: Row, meaning: str) -> list[tuple[int, str]]:
        """The fields with this meaning that the row has, with their columns."""
        return [
            (position, field)
            for position in self.positions.get(meaning, ())
            if (field := row.fields[position]) is not None
        ]

    def invalid(self, row: Row, position: int, reason: Unreadable | str) -> InvalidRow:
        """Count a field that costs its row; returns what to raise."""
        report = self.reports[position]
        report.count_refused(row.line, str(reason))
        return InvalidRow(f"{report.name} {reason}")

    def describe(self, shown: Mapping[str, str]) -> list[ColumnReport]:
        """Reports of all columns that have a name or a meaning; `shown` adds to a meaning what was found out."""
        meanings: dict[int, list[str]] = {}
        for meaning, positions in self.positions.items():
            for position in positions:
                meanings.setdefault(position, []).append(shown.get(meaning, meaning))
        for position, name in enumerate(self.header):
            if name or position in meanings:
                self.reports[position] = ColumnReport(name, ", ".join(meanings.get(position, [])) or NOT_USED)
        return list(self.reports.values())
