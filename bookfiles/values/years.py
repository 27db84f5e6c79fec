"""Years of publication."""

import re
from datetime import datetime

from bookfiles.errors import Unreadable
from bookfiles.values.text import stated

_YEARS_AHEAD = 10
_EARLIEST = -5000
_LEAST_DIGITS = 3
_YEAR = re.compile(
    r"""(?:c|ca|circa|around|about|около|ок|um)?\.?\s* [©(\[]* \s*(?:c|ca|©)?\.?\s*
        (?P<year>-?\d{1,4}) (?:\.0+)? [)\]?]* \s*
        (?P<before>(?:BC|BCE|B\.C\.|до\ н\.\ ?э\.|v\.\ ?Chr\.|av\.\ ?J\.-C\.)?)
        (?:\s*(?:г|год)\.?)?
        (?:\s*[-–/.]\s*\d{1,4}(?:\s*[-–/.]\s*\d{1,2})?(?:[T\s].*)?)? [)\]?]*""",
    re.IGNORECASE | re.VERBOSE,
)
_AMONG_OTHERS = re.compile(r"(?<![\w.,])[c©]?([12]\d{3})(?!\w|[.,]\d)")
"""The year in `May 1984`, `5/1/1984` or `New York, 1984`."""
UNDATED = frozenset(["n.d.", "[n.d.]", "n. d.", "s.a.", "s. a.", "o.j.", "o. j.", "б.г.", "б. г."])
"""What librarians write for no date, in small letters."""
_MAX_LENGTH = 60


def year(field: str, *, now: datetime) -> int | None:
    """A year, negative before Christ, also with marks (`c1984`, `[1984]`, `1984?`) or in a date.

    Of several the first; None if the field is empty or says that there is none. Years of one or two digits, and those
    more than ten years ahead, are unreadable.
    """
    value = stated(field)
    if not value or value.casefold() in UNDATED:
        return None
    found = _YEAR.fullmatch(value)
    if found:
        digits, is_before = found["year"], bool(found["before"])
    else:
        among = _AMONG_OTHERS.search(value) if len(value) <= _MAX_LENGTH else None
        if among is None:
            raise Unreadable(f"{value[:40]!r} is not a year")
        digits, is_before = among[1], False
    number = -int(digits) if is_before else int(digits)
    if number >= 0 and len(digits.lstrip("0")) < _LEAST_DIGITS:
        raise Unreadable(f"{value[:40]!r} is not a year of at least three digits")
    if not _EARLIEST <= number <= now.year + _YEARS_AHEAD:
        raise Unreadable(f"{value[:40]!r} is not a year up to {now.year + _YEARS_AHEAD}")
    return number
