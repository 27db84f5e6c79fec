"""Prices, numbers and moments in the language of a page."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from marketplace.domain.money import format_price


@lru_cache(maxsize=10_000)
def format_number(number: float, language: str) -> str:
    """A number: `1,234.5`, in Russian `1 234,5`."""
    return str(format_decimal(number, locale=language))


def format_day(moment: datetime, language: str) -> str:
    """The day of a moment, in UTC: `22 November 2026`."""
    return format_date(moment, "d MMMM y", locale=language)


def format_moment(moment: datetime, language: str) -> str:
    """A moment to the minute, in UTC: `22 November 2026, 14:05 UTC`."""
    return format_datetime(moment, "d MMMM y, HH:mm 'UTC'", locale=language)


FORMATS: Mapping[str, Callable[[Any, str], str]] = {
    "price": format_price,
    "number": format_number,
    "day": format_day,
    "moment": format_moment,
}
"""The filters of templates, which are called with the language of the page."""
