"""Days and moments as readers read them."""

from datetime import datetime

from babel.dates import format_date, format_datetime


def format_day(moment: datetime) -> str:
    """The day of a moment, in English and UTC: `22 November 2026`."""
    return format_date(moment, "d MMMM y", locale="en")


def format_moment(moment: datetime) -> str:
    """A moment, likewise, to the minute: `22 November 2026, 14:05 UTC`."""
    return format_datetime(moment, "d MMMM y, HH:mm 'UTC'", locale="en")
