"""Free text, lists and whole numbers."""

import html
import re

from markupsafe import Markup

from bookfiles.errors import Unreadable

MAX_TEXT = 10_000
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MARKUP = re.compile(r"</?(?:p|br|div|b|i|em|strong|span|ul|ol|li|h[1-6]|a)\b[^<>]*>", re.IGNORECASE)
_EXCEL_TEXT = re.compile(r'="(.*)"')
_E_NOTATION = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_WHOLE = re.compile(r"(\d+)(?:[.,]0+)?", re.ASCII)


def plain(field: str) -> str:
    """A field's text: without surrounding whitespace, HTML entities, and Excel's `="…"`."""
    text = field.strip()
    if text.startswith('="') and (quoted := _EXCEL_TEXT.fullmatch(text)):
        text = quoted[1].strip()
    # Some exports escape twice.
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text).strip()
    return text


def text(field: str) -> str:
    """Free text of at most MAX_TEXT characters."""
    value = plain(field)
    if len(value) > MAX_TEXT:
        raise Unreadable(f"longer than {MAX_TEXT:,} characters")
    return value


def prose(field: str) -> str:
    """Free text without HTML tags, at most MAX_TEXT characters."""
    value = field.strip()
    if _MARKUP.search(value):
        value = str(Markup(value).striptags())  # noqa: S704  (tags are removed, none is rendered)
    return text(value)


def entries(field: str) -> tuple[str, ...]:
    """The entries of a list separated by `;` or `|`, without empty ones and duplicates."""
    stripped = (entry.strip() for entry in re.split("[;|]", text(field)))
    return tuple(dict.fromkeys(filter(None, stripped)))


def whole(field: str, *, maximum: int) -> int:
    """A whole number from 0, also as spreadsheets write it (`12.0`)."""
    value = plain(field)
    number = _WHOLE.fullmatch(value)
    # int() raises another error for very long numbers.
    digits = number[1].lstrip("0") or "0" if number else ""
    if not digits or len(digits) > len(str(maximum)) or int(digits) > maximum:
        raise Unreadable(f"{value[:40]!r} is not a whole number from 0 to {maximum}")
    return int(digits)


def has_lost_digits(value: str) -> bool:
    """Whether it is a long number as spreadsheets shorten it: `9.78E+12`."""
    return _E_NOTATION.fullmatch(value) is not None
