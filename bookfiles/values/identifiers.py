"""Ids of readers and books as files have them."""

import re

from bookfiles.errors import Unreadable
from bookfiles.values.isbns import known_isbn
from bookfiles.values.text import has_lost_digits, plain

GREATEST_PLAIN = 999_999_999
"""Readers and books made in a shop have greater ids."""
MAX_LENGTH = 200
_PLAIN = re.compile(r"([1-9]\d{0,8})(?:\.0+)?", re.ASCII)


def identifier(field: str, *, is_book: bool) -> int | str:
    """An id: a plain number from 1 to 999,999,999 as it is, anything else as text.

    A valid ISBN that names a book is its ISBN-13.
    """
    value = field.strip()
    if plain_number := _PLAIN.fullmatch(value):
        return int(plain_number[1])
    value = plain(field)
    if plain_number := _PLAIN.fullmatch(value):
        return int(plain_number[1])
    if not value:
        raise Unreadable("is empty")
    if len(value) > MAX_LENGTH:
        raise Unreadable(f"is longer than {MAX_LENGTH} characters")
    if has_lost_digits(value):
        raise Unreadable(f"{value!r} has lost digits before it came into this file; format the column as text")
    return (is_book and known_isbn(value)) or value
