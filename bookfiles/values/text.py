"""Free text, lists and whole numbers."""

import html
import re

from bookfiles.characters import stripped
from bookfiles.errors import Unreadable
from bookfiles.values.markup import has_markup, without_markup

MAX_TEXT = 10_000
_BY_PROGRAMS = r"\N NULL null (null) [NULL] <null> NaN nan NaT None N/A n/a #N/A <NA>"
_MISSING = frozenset(_BY_PROGRAMS.split())
"""What programs write for no value."""
_NO_TITLE = frozenset([r"\N", r"NULL", r"[NULL]", r"NaN", r"NaT", r"<NA>"])
_BY_PEOPLE = "null none nan nat nil na n/a n.a. #n/a - -- – — ? undefined"
_NO_VALUE = frozenset(_BY_PEOPLE.split())
"""What also people write for no value, in small letters."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_EXCEL_TEXT = re.compile(r'="(.*)"')
_E_NOTATION = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_WHOLE = re.compile(r"(-?)(\d+)(?:[.,]0+)?", re.ASCII)
_COUNT = re.compile(
    r"(\d{1,3}([.,'’ \u00a0\u2009\u202f])\d{2,3}(?:\2\d{2,3})*(?<=\d{3})|\d+)(?:[.,](?:0{1,2}|0{4,}))?", re.ASCII
)
"""With separators of thousands, or of lakhs and crores as in India. Three digits after a sign are thousands."""
_LISTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"][^,'"]*)""", re.DOTALL)


def plain(field: str) -> str:
    """A field's text without surrounding whitespace, HTML entities, and Excel's `="…"`; empty if it is `NULL`."""
    text = _unescaped(field)
    return "" if text in _MISSING else text


def _unescaped(field: str) -> str:
    text = stripped(field)
    if text.startswith('="') and (quoted := _EXCEL_TEXT.fullmatch(text)):
        text = stripped(quoted[1])
    # Some exports escape twice.
    for _ in range(2):
        if "&" not in text:
            break
        text = stripped(_ENTITY.sub(lambda entity: html.unescape(entity[0]), text))
    return text


def stated(field: str) -> str:
    """The text of a field that is no free text: also a dash, `none` or `NA` is no value."""
    text = plain(field)
    return "" if text.casefold() in _NO_VALUE else text


def text(field: str) -> str:
    """Free text of at most MAX_TEXT characters."""
    return _checked(plain(field))


def line(field: str) -> str:
    """Free text in one line, of at most MAX_TEXT characters."""
    return _checked(" ".join(plain(field).split()))


def title(field: str) -> str:
    """A title in one line, of at most MAX_TEXT characters; a book may be called `None`, but not `NaN`."""
    value = " ".join(_unescaped(field).split())
    return "" if value in _NO_TITLE else _checked(value)


def prose(field: str) -> str:
    """Free text without HTML tags, at most MAX_TEXT characters."""
    value = stripped(field)
    if has_markup(value):
        return text(without_markup(value))
    value = plain(value)
    # Tags may be escaped as a whole.
    return text(without_markup(value)) if has_markup(value) else _checked(value)


def _checked(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise Unreadable(f"longer than {MAX_TEXT:,} characters")
    return value


def unlisted(field: str) -> str:
    """A field in which a list of Python or JSON, such as `['a', 'b']`, is separated by semicolons."""
    value = text(field)
    if not (value.startswith("[") and value.endswith("]") and ("'" in value or '"' in value)):
        return "" if value == "[]" else value
    found = (single or double or bare for single, double, bare in _LISTED.findall(value[1:-1]))
    return "; ".join(re.sub(r"\\(.)", r"\1", entry).strip() for entry in found)


def entries(field: str) -> tuple[str, ...]:
    """The entries of a list separated by `;` or `|`, without empty ones and duplicates."""
    entries = (entry.strip() for entry in re.split("[;|]", unlisted(field)))
    return tuple(dict.fromkeys(filter(None, entries)))


def whole(field: str, *, maximum: int) -> int | None:
    """A whole number from 0, also as spreadsheets write it (`12.0`); None if the field is empty.

    Less than 0, as shops have it for what was sold and is not there, is 0.
    """
    value = stated(field)
    if not value:
        return None
    number = _WHOLE.fullmatch(value)
    found = _number(number[2] if number else "", value, maximum)
    return 0 if number and number[1] else found


def count(field: str, *, maximum: int) -> int | None:
    """How many there are, with or without separators of thousands (`1,234,567`); None if the field is empty."""
    value = stated(field)
    if not value:
        return None
    number = _COUNT.fullmatch(value)
    return _number("".join(filter(str.isdigit, number[1])) if number else "", value, maximum)


def _number(digits: str, value: str, maximum: int) -> int:
    # int() raises another error for very long numbers.
    short = digits.lstrip("0") or "0"
    if not digits or len(short) > len(str(maximum)) or int(short) > maximum:
        raise Unreadable(f"{value[:40]!r} is not a whole number from 0 to {maximum}")
    return int(short)


def has_lost_digits(value: str) -> bool:
    """Whether it is a long number as spreadsheets shorten it: `9.78E+12`."""
    return _E_NOTATION.fullmatch(value) is not None
