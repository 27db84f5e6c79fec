"""Years of publication."""

import re
from datetime import datetime

from bookfiles.errors import Unreadable
from bookfiles.values.text import plain

_YEARS_AHEAD = 10
_EARLIEST = -5000
_LEAST_DIGITS = 3
_YEAR = re.compile(
    r"""(?:c|ca|circa|around|about|около|ок|um)?\.?\s* [©(\[]* \s*(?:c|ca|©)?\.?\s*
        (?P<year>-?\d{1,4}) (?:\.0+)? [)\]?]* \s*
        (?P<before>(?:BC|BCE|B\.C\.|до\ н\.\ ?э\.)?)
        (?:\s*(?:г|год)\.?)?
        (?:\s*[-–/.]\s*\d{1,4}(?:\s*[-–/.]\s*\d{1,2})?(?:[T\s].*)?)? [)\]?]*""",
    re.IGNORECASE | re.VERBOSE,
)


def year(field: str, *, now: datetime) -> int | None:
    """A year, negative before Christ, also with marks (`c1984`, `[1984]`, `1984?`); of a range the first.

    None if the field is empty. Years of one or two digits, and those more than ten years ahead, are unreadable.
    """
    value = plain(field)
    if not value:
        return None
    found = _YEAR.fullmatch(value)
    if not found:
        raise Unreadable(f"{value[:40]!r} is not a year")
    number = -int(found["year"]) if found["before"] else int(found["year"])
    if number >= 0 and len(found["year"].lstrip("0")) < _LEAST_DIGITS:
        raise Unreadable(f"{value[:40]!r} is not a year of at least three digits")
    if not _EARLIEST <= number <= now.year + _YEARS_AHEAD:
        raise Unreadable(f"{value[:40]!r} is not a year up to {now.year + _YEARS_AHEAD}")
    return number
