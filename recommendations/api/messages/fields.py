"""Checks of fields that several messages have."""

from recommendations.domain.interactions import LONGEST_ID
from servicekit.errors import InvalidArgument

MAX_TEXT = 10_000
"""How many characters a text of a request may have."""


def positive(number: int, field: str) -> int:
    """A positive id. Raises InvalidArgument."""
    if number <= 0:
        raise InvalidArgument(field, "must be positive")
    return number


def not_negative(number: int, field: str) -> int:
    """An id, or 0. Raises InvalidArgument."""
    if number < 0:
        raise InvalidArgument(field, "must not be negative")
    return number


def size(number: int, field: str, *, default: int, most: int) -> int:
    """The size of a list: 0 means `default`, and more than `most` means `most`. Raises InvalidArgument."""
    return min(not_negative(number, field) or default, most)


def at_most(most: int, count: int, field: str) -> None:
    """Raise InvalidArgument if a field has more than `most` entries."""
    if count > most:
        raise InvalidArgument(field, f"must not be more than {most:,}")


def text(value: str, field: str) -> str:
    """A text of at most MAX_TEXT characters. Raises InvalidArgument."""
    if len(value) > MAX_TEXT:
        raise InvalidArgument(field, f"must be at most {MAX_TEXT:,} characters")
    return value


def is_interaction_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable()
