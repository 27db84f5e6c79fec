"""Finds the meaning of each column of a file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bookfiles.errors import InvalidFile
from bookfiles.values.currencies import known_currency

IGNORED = ""
"""What `--map "Column="` maps a column to."""
_RECBOLE_TYPE = re.compile(r":(?:token|float|token_seq|float_seq)$")
_UNIT = re.compile(r"\s*[(\[][^()\[\]]*[)\]]|,[^,]*$")
"""As in `Price (EUR)` and `Price, EUR`."""
_MAX_NAMED = 10
_MAX_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Meaning:
    """One of our columns, and the names that others give it, the most telling first, separated by spaces."""

    column: str
    names: str
    only_one: bool = False
    """Whether one column of a file gives it for all rows; otherwise each row uses the first that is not empty."""


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
        if detail and (meaning != "rating" or not detail.isdecimal() or not 1 <= int(detail[:5]) <= 1000):  # noqa: PLR2004
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
    file. Raises InvalidFile if two columns that mean something have one name.
    """
    names = [folded(name) for name in header]
    index = _index(meanings)
    overruled = {
        position: entry
        for entry in mapped
        if (entry.meaning in {meaning.column for meaning in meanings} or entry.meaning == IGNORED)
        and (position := _position(header, names, entry.column)) is not None
    }
    found: dict[str, list[tuple[int, int]]] = {meaning.column: [] for meaning in meanings}
    for position, name in enumerate(names):
        if position not in overruled:
            for column, rank in _ranks(header[position], name, index):
                found[column].append((rank, position))
    _require_different(header, names, {position for columns in found.values() for _, position in columns})
    _add_known_forms(names, found)
    stated = {entry.meaning for entry in overruled.values()}
    for meaning in meanings:
        if meaning.column in stated:
            # A person's word overrules what is known by name, except where all such columns count.
            found[meaning.column] = [] if meaning.only_one else found[meaning.column]
    for position, entry in overruled.items():
        if entry.meaning != IGNORED:
            found[entry.meaning].append((-1, position))
    return {column: [position for _, position in sorted(positions)] for column, positions in found.items()}


def _index(meanings: Sequence[Meaning]) -> Mapping[str, list[tuple[str, int]]]:
    """By name the meanings with the name's rank."""
    index: dict[str, list[tuple[str, int]]] = {}
    for meaning in meanings:
        for rank, name in enumerate(meaning.names.split()):
            index.setdefault(name, []).append((meaning.column, rank))
    return index


def _ranks(name: str, short: str, index: Mapping[str, list[tuple[str, int]]]) -> list[tuple[str, int]]:
    if found := index.get(short) or index.get(folded(_UNIT.sub("", name))):
        return found
    # Square writes the place behind it: Current Quantity Main Street. A price may have its currency there.
    if short.startswith("currentquantity"):
        return index.get("currentquantity", [])
    return index.get(short[:-3], []) if "price" in short and known_currency(short[-3:]) else []


def _require_different(header: Sequence[str], names: Sequence[str], known: set[int]) -> None:
    # A header may have thousands of names.
    first = {names[at]: at for at in sorted(known, reverse=True)}
    repeated = sorted({header[at][:_MAX_NAME_LENGTH] for at in known if first[names[at]] != at})
    if repeated:
        raise InvalidFile(f"the header names {', '.join(repeated[:_MAX_NAMED])} twice")


def _add_known_forms(names: Sequence[str], found: dict[str, list[tuple[int, int]]]) -> None:
    """Columns whose meaning only the other columns show."""
    # The first version of goodbooks-10k calls the books' own ids `id`, and Goodreads' ones `book_id`.
    if {"id", "bookid", "bestbookid"} <= set(names):
        found["book_id"] = [(0, names.index("id"))]
    # Calibre has ids of its own, and ISBNs only of some books.
    if {"id", "libraryname", "titlesort"} <= set(names):
        found["book_id"] = [(0, names.index("id"))]
    # Shopify's orders have their number in `Name`.
    if "order" in found and {"name", "lineitemsku"} <= set(names):
        found["order"] = [(0, names.index("name"))]


def _position(header: Sequence[str], names: Sequence[str], wanted: str) -> int | None:
    if wanted in header:
        return list(header).index(wanted)
    return list(names).index(folded(wanted)) if folded(wanted) in names else None
