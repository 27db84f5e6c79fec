"""Dates with names of months, and times of the day."""

from datetime import UTC, datetime

import pytest

from bookfiles.values.months import at_time, named_month

MONTHS = [
    "January Januar janvier enero января",
    "February Februar février febrero февраля",
    "March März mars marzo марта",
    "April avril abril апреля",
    "May Mai mayo мая",
    "June Juni juin junio июня",
    "July Juli juillet julio июля",
    "August août agosto августа",
    "September septembre septiembre сентября",
    "October Oktober octobre octubre октября",
    "November novembre noviembre ноября",
    "December Dezember décembre diciembre декабря",
]


@pytest.mark.parametrize(
    ("name", "month"), [(name, month) for month, names in enumerate(MONTHS, 1) for name in names.split()]
)
def test_names(name: str, month: int) -> None:
    """Months are known in five languages."""
    assert named_month(f"3 {name} 2020") == (datetime(2020, month, 3, tzinfo=UTC), True)
    found = named_month(f"{name} 2020")
    assert found is not None
    assert (found[0].month, found[1]) == (month, False)


@pytest.mark.parametrize("text", ["2020-10-25", "May", "October 25", "x" * 100])
def test_no_named_month(text: str) -> None:
    """A date needs a name and a year."""
    assert named_month(text) is None


def test_times() -> None:
    """Zones are an offset, or one of those of RFC 822; none is UTC."""
    day = datetime(2020, 10, 25, tzinfo=UTC)
    assert at_time(day, None, None) == day
    assert at_time(day, "14:03", None) == at_time(day, "14:03", "UTC") == day.replace(hour=14, minute=3)
    assert at_time(day, "2:03 PM", "-07") == at_time(day, "14:03", "MST") == day.replace(hour=21, minute=3)
    assert at_time(day, "14:03", "+05:30") == day.replace(hour=8, minute=33)
