"""What fields of several messages have in common."""

from recommendations.domain.errors import InvalidArgument
from recommendations.domain.interactions import LONGEST_ID


def positive(number: int, field: str) -> int:
    """An id of somebody or something. Raises InvalidArgument."""
    if number <= 0:
        raise InvalidArgument(field, "must be positive")
    return number


def not_negative(number: int, field: str) -> int:
    """An id, or 0. Raises InvalidArgument."""
    if number < 0:
        raise InvalidArgument(field, "must not be negative")
    return number


def size(number: int, field: str, *, default: int, most: int) -> int:
    """How many are asked for: 0 means the default, too many mean the most. Raises InvalidArgument."""
    return min(not_negative(number, field) or default, most)


def at_most(most: int, count: int, field: str) -> None:
    """Refuse a list that is too long. Raises InvalidArgument."""
    if count > most:
        raise InvalidArgument(field, f"must not be more than {most:,}")


def is_name(text: str) -> bool:
    """Whether it can be the id of an interaction."""
    return 0 < len(text) <= LONGEST_ID and text.isprintable()
