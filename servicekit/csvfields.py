"""Parsers for the fields of a bookseller's CSV. Each raises InvalidRow with a reason that names the column."""

import functools
import re
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from enum import Enum
from typing import TypeVar

from servicekit.csvfile import InvalidRow

BOOK_COLUMNS = (
    "authors",
    "year",
    "isbn",
    "work",
    "categories",
    "subjects",
    "published_at",
    "description",
    "price",
    "currency",
    "stock",
    "picture",
)
"""The optional columns of a file of books."""

INTERACTION_COLUMNS = ("kind", "value", "occurred_at", "interaction_id")
"""The optional columns of a file of interactions."""

INT32_MAX = 2**31 - 1
MAX_DIGITS = len(str(INT32_MAX))
MAX_TEXT = 10_000
YEARS = range(-5000, 10_000)

Choice = TypeVar("Choice", bound=Enum)

Fields = Mapping[str, str]
"""A row's fields by column; optional columns may be absent."""


def identifier(fields: Fields, column: str, *, maximum: int = INT32_MAX) -> int:
    """A positive id, at most `maximum`."""
    text = fields[column].strip()
    digits = text.lstrip("0")
    # int() refuses very long numbers.
    if digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS and int(digits) <= maximum:
        return int(digits)
    raise InvalidRow(f"{column} {text[:40]!r} is not a whole number from 1 to {maximum}")


def text(fields: Fields, column: str, *, max_length: int = MAX_TEXT) -> str:
    """Free text without surrounding whitespace, at most `max_length` characters."""
    value = fields.get(column, "").strip()
    if len(value) > max_length:
        raise InvalidRow(f"{column} is longer than {max_length:,} characters")
    return value


def entries(fields: Fields, column: str) -> tuple[str, ...]:
    """The entries of a list separated by `;`, without empty ones and duplicates."""
    stripped = (entry.strip() for entry in text(fields, column).split(";"))
    return tuple(dict.fromkeys(filter(None, stripped)))


@functools.lru_cache(maxsize=1000)  # few labels in millions of rows
def member_name(label: str) -> str:
    """The name of the enum member for a label: `Science Fiction` and `science-fiction` are SCIENCE_FICTION."""
    return re.sub(r"[\s_-]+", "_", label.strip()).upper()


def choice(fields: Fields, column: str, *, default: Choice, excluded: Set[Choice] = frozenset()) -> Choice:
    """A member of `default`'s enum that is not `excluded`; `default` if the field is empty."""
    label = fields.get(column, "").strip()
    if not label:
        return default
    member = type(default).__members__.get(member_name(label))
    if member is None or member in excluded:
        names = [name for name, allowed in type(default).__members__.items() if allowed not in excluded]
        raise InvalidRow(f"{column} {label[:40]!r} is not one of {', '.join(names).lower()}")
    return member


def number(fields: Fields, column: str) -> float | None:
    """A finite number; None if the field is empty."""
    value = fields.get(column, "").strip()
    if not value:
        return None
    try:
        parsed = float(value)
    except ValueError:
        parsed = float("nan")
    if not abs(parsed) < float("inf"):
        raise InvalidRow(f"{column} {value[:40]!r} is not a number")
    return parsed


def year(fields: Fields, column: str) -> int | None:
    """A year, negative before Christ, also as spreadsheets write it (`1984.0`); None if the field is empty."""
    value = number(fields, column)
    if value is None:
        return None
    if not (value.is_integer() and int(value) in YEARS):
        raise InvalidRow(f"{column} {fields[column].strip()[:40]!r} is not a year")
    return int(value)


def title(fields: Fields) -> str:
    """A book's title; an empty one becomes the ISBN."""
    value = text(fields, "title") or text(fields, "isbn")
    if not value:
        raise InvalidRow("neither title nor isbn is given")
    return value


def timestamp(fields: Fields, column: str) -> datetime | None:
    """A time in ISO 8601, in UTC unless it has an offset; None if the field is empty."""
    value = fields.get(column, "").strip()
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRow(f"{column} {value[:40]!r} is not a time in ISO 8601") from None


def utc_date(fields: Fields, column: str) -> date | None:
    """The UTC date of a time in ISO 8601; None if the field is empty."""
    value = timestamp(fields, column)
    return value.date() if value else None
