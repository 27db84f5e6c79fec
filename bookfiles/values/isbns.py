"""ISBNs, kept as ISBN-13 (ISO 2108)."""

import re

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
_MUSIC = "9790"
_MAX_LENGTH = 2_000


def isbn13(field: str) -> str:
    """The ISBN-13 of an ISBN of either length; of several the first valid one; empty if there is none.

    Hyphens, spaces, brackets, `ISBN:` and Excel's `="…"` are removed; leading zeros that a spreadsheet lost are
    restored if the check digit confirms them.
    """
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
    try:
        found = str(isbn.to_isbn13(isbn.validate(value)))
    except ValidationError:
        return None
    return None if found.startswith(_MUSIC) else found
