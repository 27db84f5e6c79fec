"""Days as readers read them."""

from datetime import datetime

from babel.dates import format_date


def format_day(moment: datetime) -> str:
    """The day of a moment, in English and UTC: `22 November 2026`."""
    return format_date(moment, "d MMMM y", locale="en")
