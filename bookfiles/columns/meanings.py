"""Finds the meaning of each column of a file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bookfiles.errors import InvalidFile

IGNORED = ""
"""What `--map "Column="` maps a column to."""
_RECBOLE_TYPE = re.compile(r":(?:token|float|token_seq|float_seq)$")
_MAX_NAMED = 10
_MAX_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Meaning:
    """One of our columns, and the names that others give it, the most telling first, separated by spaces."""

    column: str
    names: str
    only_one: bool = False
    """Whether one column of a file gives it for all rows; otherwise each row uses the first that is not empty."""

    def rank(self, name: str) -> int | None:
        """The position of a folded name; None if it is none of them."""
        names = self.names.split()
        if name in names:
            return names.index(name)
        # Square writes the place behind it: Current Quantity Main Street.
        return len(names) if self.column == "stock" and name.startswith("currentquantity") else None


@dataclass(frozen=True, slots=True)
class Mapped:
    """What `--map "Column=meaning/detail"` says of a column."""

    column: str
    meaning: str
    detail: str = ""

    @classmethod
    def of(cls, text: str, meanings: Sequence[Meaning]) -> "Mapped":
        """Parse a text such as `Their column=rating/10`.

        Raises ValueError with what is wrong.
        """
        column, equals, meaning = text.rpartition("=")
        meaning, _, detail = meaning.strip().partition("/")
        known = list(dict.fromkeys(meaning.column for meaning in meanings))
        if not equals or not column.strip():
            raise ValueError(f'{text!r} is not of the form "Their column=ours"')
        if meaning and meaning not in known:
            raise ValueError(f"{meaning!r} is not one of {', '.join(known)}")
        if detail and (meaning != "rating" or not detail.isdigit() or not 1 <= int(detail) <= 1000):  # noqa: PLR2004
            raise ValueError(f"{detail!r} is not the best rating, as 10 in rating/10")
        return cls(column.strip(), meaning, detail)


def folded(name: str) -> str:
    """A column's name in small letters and digits alone: `Book Id` and `book_id` are the same."""
    return re.sub(r"[\W_]+", "", _RECBOLE_TYPE.sub("", name.strip()).casefold())


def columns_of(
    header: Sequence[str], meanings: Sequence[Meaning], mapped: Sequence[Mapped]
) -> Mapping[str, list[int]]:
    """By meaning the columns that may give it, the most telling first.

    A column has one meaning, but may also give the id. What `mapped` says of other columns is of another
    file. Raises InvalidFile if two columns have one name.
    """
    names = [folded(name) for name in header]
    # A header may have thousands of names.
    first = {name: at for at, name in reversed(list(enumerate(names)))}
    repeated = sorted({header[at][:_MAX_NAME_LENGTH] for at, name in enumerate(names) if name and first[name] != at})
    if repeated:
        raise InvalidFile(f"the header names {', '.join(repeated[:_MAX_NAMED])} twice")
    found: dict[str, list[tuple[int, int]]] = {meaning.column: [] for meaning in meanings}
    overruled = {
        position: entry
        for entry in mapped
        if (entry.meaning in found or entry.meaning == IGNORED)
        and (position := _position(header, names, entry.column)) is not None
    }
    for position, name in enumerate(names):
        if position in overruled:
            if overruled[position].meaning != IGNORED:
                found[overruled[position].meaning].append((-1, position))
            continue
        for meaning in meanings:
            rank = meaning.rank(name)
            if rank is not None:
                found[meaning.column].append((rank, position))
    # The first version of goodbooks-10k calls the books' own ids `id`, and Goodreads' ones `book_id`.
    if {"id", "bookid", "bestbookid"} <= set(names):
        found["book_id"] = [(0, names.index("id"))]
    return {column: [position for _, position in sorted(positions)] for column, positions in found.items()}


def _position(header: Sequence[str], names: Sequence[str], wanted: str) -> int | None:
    if wanted in header:
        return list(header).index(wanted)
    return list(names).index(folded(wanted)) if folded(wanted) in names else None
