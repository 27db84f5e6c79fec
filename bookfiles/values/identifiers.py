"""Ids of readers and books as files have them."""

import re

from bookfiles.characters import visible
from bookfiles.errors import Unreadable
from bookfiles.values.isbns import known_isbn
from bookfiles.values.text import has_lost_digits, stated

GREATEST_PLAIN = 999_999_999
"""Readers and books made in a shop have greater ids."""
MAX_LENGTH = 200
_PLAIN = re.compile(r"([1-9]\d{0,8})(?:\.0+)?", re.ASCII)


def identifier(field: str, *, is_book: bool, is_isbn: bool = False) -> int | str:
    """An id: a plain number from 1 to 999,999,999 as it is, anything else as text.

    A valid ISBN that names a book is its ISBN-13; where the whole column has them (`is_isbn`), also one whose leading
    zeros a spreadsheet lost, which would else be a plain number.
    """
    value = field.strip()
    if not is_isbn and (number := _PLAIN.fullmatch(value)):
        return int(number[1])
    value = visible(stated(field))
    if not value:
        raise Unreadable(f"{field.strip()[:40]!r} is no id" if field.strip() else "is empty")
    if len(value) > MAX_LENGTH:
        raise Unreadable(f"is longer than {MAX_LENGTH} characters")
    if is_book and is_isbn and (found := known_isbn(value)):
        return found
    if number := _PLAIN.fullmatch(value):
        return int(number[1])
    if has_lost_digits(value):
        raise Unreadable(f"{value!r} has lost digits before it came into this file; format the column as text")
    return (is_book and known_isbn(value)) or value
