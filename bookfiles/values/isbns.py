"""ISBNs, kept as ISBN-13 (ISO 2108)."""

import re

from stdnum import isbn
from stdnum.exceptions import ValidationError

from bookfiles.errors import Unreadable
from bookfiles.values.text import has_lost_digits, plain

_LABEL = re.compile(r"^(?:urn:)?isbn(?:[-_ ]?1[03])?\s*[:=]?\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;|/]\s*|\s{2,}")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_LOST_ZEROS = re.compile(r"\d{7,9}|\d{6,8}[xX]")
_LENGTH = 10


def isbn13(field: str) -> str:
    """The ISBN-13 of an ISBN of either length; of several the first valid one; empty if there is none.

    Hyphens, spaces, brackets, `ISBN:` and Excel's `="…"` are removed; leading zeros that a spreadsheet lost are
    restored if the check digit confirms them.
    """
    value = plain(field).strip("[]() '\"").translate(_DASHES)
    if not value:
        return ""
    if has_lost_digits(value):
        raise Unreadable(f"{value[:40]!r} has lost digits before it came into this file; format the column as text")
    for part in _SEPARATORS.split(value):
        if found := known_isbn(part):
            return found
    raise Unreadable(f"{value[:40]!r} is not an ISBN; its check digit, or its length, is wrong")


def known_isbn(text: str) -> str | None:
    """The ISBN-13 of a text that is a valid ISBN of either length."""
    value = _LABEL.sub("", text.strip()).removesuffix(".0").strip("[]() '\"")
    if _LOST_ZEROS.fullmatch(value):
        value = value.zfill(_LENGTH)
    try:
        return str(isbn.to_isbn13(isbn.validate(value)))
    except ValidationError:
        return None
