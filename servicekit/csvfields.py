"""What the fields of a bookseller's CSV mean. Each function raises RowRefused with a reason that names the column."""

import functools
import re
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from enum import Enum
from typing import TypeVar

from servicekit.csvfile import RowRefused

BOOK_COLUMNS = (
    "authors",
    "year",
    "isbn",
    "categories",
    "subjects",
    "published_at",
    "description",
    "price",
    "currency",
    "stock",
    "picture",
)
"""What a file of books may have beside `book_id` and `title`."""

INTERACTION_COLUMNS = ("kind", "value", "occurred_at", "interaction_id")
"""What a file of interactions may have beside `user_id` and `book_id`."""

INT32_MAX = 2**31 - 1
LONGEST_NUMBER = len(str(INT32_MAX))
MAX_TEXT = 10_000
YEARS = range(-5000, 10_000)

Choice = TypeVar("Choice", bound=Enum)

Fields = Mapping[str, str]
"""A row by column; a column that the file lacks is absent or empty."""


def identifier(fields: Fields, column: str, *, greatest: int = INT32_MAX) -> int:
    """A positive id."""
    text = fields[column].strip()
    digits = text.lstrip("0")
    # Python refuses to read very long numbers, and no id is as long as that.
    if (
        digits.isascii()
        and digits.isdigit()
        and len(digits) <= LONGEST_NUMBER
        and (number := int(digits)) <= greatest
    ):
        return number
    raise RowRefused(f"{column} {text[:40]!r} is not a whole number from 1 to {greatest}")


def text(fields: Fields, column: str, *, longest: int = MAX_TEXT) -> str:
    """Free text without surrounding space, at most `longest` characters."""
    value = fields.get(column, "").strip()
    if len(value) > longest:
        raise RowRefused(f"{column} is longer than {longest:,} characters")
    return value


def listing(fields: Fields, column: str) -> tuple[str, ...]:
    """A list separated by `;`, without empty entries and repetitions."""
    entries = (entry.strip() for entry in text(fields, column).split(";"))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


@functools.lru_cache(maxsize=1000)  # a file of millions of rows has a handful of labels
def member_name(label: str) -> str:
    """The name of an enumeration's member that a label means: `Science Fiction` and `science-fiction` are one."""
    return re.sub(r"[\s_-]+", "_", label.strip()).upper()


def choice(fields: Fields, column: str, *, default: Choice, without: Set[Choice] = frozenset()) -> Choice:
    """A member of the enumeration that `default` is of, but `without` some; `default` where the field is empty."""
    label = fields.get(column, "").strip()
    if not label:
        return default
    member = type(default).__members__.get(member_name(label))
    if member is None or member in without:
        names = [name for name, known in type(default).__members__.items() if known not in without]
        raise RowRefused(f"{column} {label[:40]!r} is not one of {', '.join(names).lower()}")
    return member


def number(fields: Fields, column: str) -> float | None:
    """A finite number; None where the field is empty."""
    value = fields.get(column, "").strip()
    if not value:
        return None
    try:
        parsed = float(value)
    except ValueError:
        parsed = float("nan")
    if not abs(parsed) < float("inf"):
        raise RowRefused(f"{column} {value[:40]!r} is not a number")
    return parsed


def year(fields: Fields, column: str) -> int | None:
    """A year, before Christ negative, `1984.0` as spreadsheets write it allowed; None where the field is empty."""
    value = number(fields, column)
    if value is None:
        return None
    if not (value.is_integer() and int(value) in YEARS):
        raise RowRefused(f"{column} {fields[column].strip()[:40]!r} is not a year")
    return int(value)


def title(fields: Fields, column: str = "title", instead: str = "isbn") -> str:
    """A book's title; an empty one becomes the ISBN."""
    value = text(fields, column) or text(fields, instead)
    if not value:
        raise RowRefused(f"neither {column} nor {instead} is given")
    return value


def moment(fields: Fields, column: str) -> datetime | None:
    """A time in ISO 8601, UTC where no offset is written; None where the field is empty."""
    value = fields.get(column, "").strip()
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowRefused(f"{column} {value[:40]!r} is not a time in ISO 8601") from None


def day(fields: Fields, column: str) -> date | None:
    """The UTC day of a time in ISO 8601; None where the field is empty."""
    value = moment(fields, column)
    return value.date() if value else None
