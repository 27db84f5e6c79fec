"""ISBNs, kept as ISBN-13 (ISO 2108)."""

import re
from operator import mul

from stdnum import isbn
from stdnum.exceptions import ValidationError

from bookfiles.characters import visible
from bookfiles.errors import Unreadable
from bookfiles.values.text import has_lost_digits, stated

_LABEL = re.compile(r"^(?:urn:)?(?:isbn|ean)(?:[-_ ]?1[03])?\s*[:=]?\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;|/\n]\s*|\s{2,}")
_NUMBERS = re.compile(r"(?<![\dA-Za-z])\d[\d-]{7,15}[\dXx](?![\dA-Za-z])")
"""Numbers among other words, as in `0441013597 (pbk.)`."""
_AROUND = "[]() '\""
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_LOST_ZEROS = re.compile(r"\d{7,9}|\d{6,8}[xX]")
_LENGTH = 10
_PLAIN = re.compile(r"(?:97[89])?\d{9}[\dXx]", re.ASCII)
_WEIGHTS = (1, 3) * 6
_MUSIC = "9790"
_MAX_LENGTH = 2_000


def isbn13(field: str) -> str:
    """The ISBN-13 of an ISBN of either length; of several the first valid one; empty if there is none.

    Hyphens, spaces, brackets, `ISBN:` and Excel's `="…"` are removed; leading zeros that a spreadsheet lost are
    restored if the check digit confirms them.
    """
    if _PLAIN.fullmatch(field) and (found := known_isbn(field)):
        return found
    value = visible(stated(field)).strip(_AROUND).translate(_DASHES)
    if not value:
        return ""
    if has_lost_digits(value):
        raise Unreadable(f"{value[:40]!r} has lost digits before it came into this file; format the column as text")
    for part in _SEPARATORS.split(value[:_MAX_LENGTH]):
        for candidate in (part, *_NUMBERS.findall(part)):
            if found := known_isbn(candidate):
                return found
    raise Unreadable(f"{value[:40]!r} is not an ISBN; its check digit, or its length, is wrong")


def known_isbn(text: str) -> str | None:
    """The ISBN-13 of a text that is a valid ISBN of either length."""
    value = _LABEL.sub("", text.strip()).removesuffix(".0").strip(_AROUND)
    if _LOST_ZEROS.fullmatch(value):
        value = value.zfill(_LENGTH)
    # Such as 0000000000, whose check digit is right.
    if len(set(value)) == 1:
        return None
    found = _of_plain(value) if _PLAIN.fullmatch(value) else _of_any(value)
    return None if found is None or found.startswith(_MUSIC) else found


def _of_plain(value: str) -> str | None:
    """The ISBN-13 of plain digits, as most fields have them, in a third of the time."""
    if len(value) == _LENGTH:
        total = sum(map(mul, map(int, value[:-1]), range(1, _LENGTH)))
        return _with_check_digit(f"978{value[:-1]}") if "0123456789X"[total % 11] == value[-1].upper() else None
    return value if _with_check_digit(value[:-1]) == value else None


def _with_check_digit(body: str) -> str:
    return f"{body}{-sum(map(mul, map(int, body), _WEIGHTS)) % 10}"


def _of_any(value: str) -> str | None:
    try:
        return str(isbn.to_isbn13(isbn.validate(value)))
    except ValidationError:
        return None
