"""Dates and times."""

from datetime import UTC, date, datetime

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.dates import Dated, dated, is_moment, published
from bookfiles.values.day_orders import DayOrder
from tests.bookfiles.files import NOW

DAY = datetime(2020, 10, 25, tzinfo=UTC)
MINUTE = datetime(2020, 10, 25, 14, 3, tzinfo=UTC)
SECOND = datetime(2020, 10, 25, 14, 3, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "moment"),
    [
        ("2020-10-25", DAY),
        (" 2020-10-25 ", DAY),
        ("[2020-10-25]", DAY),
        ("2020/10/25", DAY),
        ("2020.10.25", DAY),
        ("20201025", DAY),
        ("25.10.2020", DAY),
        ("25.10.20", DAY),
        ("25/10/2020", DAY),
        ("25-10-2020", DAY),
        ("10/25/2020", DAY),
        ("10/25/20", DAY),
        ("25-Oct-2020", DAY),
        ("2020-Oct-25", DAY),
        ("Oct-25-2020", DAY),
        ("October 25, 2020", DAY),
        ("Oct. 25, 2020", DAY),
        ("Oct 25th, 2020", DAY),
        ("25 October 2020", DAY),
        ("25. Oktober 2020", DAY),
        ("25 octobre 2020", DAY),
        ("25 de octubre de 2020", DAY),
        ("25 октября 2020 г.", DAY),
        ("25.10.2020 г.", DAY),
        ("2020年10月25日", DAY),
        ("Sun Oct 25 2020", DAY),
        ("10 25, 2020", DAY),
        ("44129", DAY),
        ("2020-10-25 14:03", MINUTE),
        ("25/10/2020 14:03", MINUTE),
        ("25/10/2020, 14:03", MINUTE),
        ("25/10/2020 à 14:03", MINUTE),
        ("25.10.2020 um 14:03", MINUTE),
        ("10/25/2020 2:03 PM", MINUTE),
        ("25 Oct 2020 02:03 p.m.", MINUTE),
        ("2020-10-25T14:03:22", SECOND),
        ("2020-10-25T14:03:22Z", SECOND),
        ("2020-10-25 14:03:22 UTC", SECOND),
        ("2020-10-25T16:03:22+02:00", SECOND),
        ("2020-10-25T16:03:22+0200", SECOND),
        ("2020-10-25 16:03:22 +0200", SECOND),
        ("2020-10-25 07:03:22 PDT", SECOND),
        ("25.10.2020 14:03:22", SECOND),
        ("20201025140322", SECOND),
        ("Sun, 25 Oct 2020 14:03:22 +0000", SECOND),
        ("Sun Oct 25 07:03:22 -0700 2020", SECOND),
        ("1603634602", SECOND),
        ("1603634602.7", SECOND),
        ("1603634602000", SECOND),
        ("1603634602000000", SECOND),
        ("1603634602000000000", SECOND),
        ("1.603634602e9", SECOND),
        ("1.603634602E+09", SECOND),
        ("2020-10-25 14:03:22.123456", SECOND.replace(microsecond=123_456)),
        ("978300760", datetime(2000, 12, 31, 22, 12, 40, tzinfo=UTC)),
        ("44129.5", datetime(2020, 10, 25, 12, tzinfo=UTC)),
        ("5/5/2008", datetime(2008, 5, 5, tzinfo=UTC)),
        ("31/12/49", datetime(2049, 12, 31, tzinfo=UTC)),
        ("31/12/50", datetime(1950, 12, 31, tzinfo=UTC)),
        ("1851-10-18", datetime(1851, 10, 18, tzinfo=UTC)),
    ],
)
def test_moments(field: str, moment: datetime) -> None:
    """Days are at midnight, times in UTC unless they have another zone."""
    assert dated(field, DayOrder.UNKNOWN) == Dated(moment.year, moment)


@pytest.mark.parametrize(
    "field",
    [
        "2020",
        "2020-10",
        "2020/10",
        "10/2020",
        "Oct 2020",
        "October 2020",
        "окт 2020",
        "März 2020",
        "2020年10月",
        "2020-10-00",
    ],
)
def test_years_and_months(field: str) -> None:
    """Without a day only the year is known."""
    assert dated(field, DayOrder.UNKNOWN) == Dated(2020, None)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "NULL",
        r"\N",
        "NaN",
        "NaT",
        "None",
        "N/A",
        "-",
        "n.d.",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0101-01-01T00:00:00+00:00",
    ],
)
def test_no_date(field: str) -> None:
    """What MySQL, Calibre and pandas write for no date is empty."""
    assert dated(field, DayOrder.UNKNOWN) is None


@pytest.mark.parametrize(
    "field",
    [
        "yesterday",
        "Oct-20",
        "May",
        "12",
        "123",
        "0",
        "-1",
        "99999999",
        "2020-13-01",
        "2020-02-30",
        "30.02.2020",
        "2020-W43",
        "2020-10-25T25:00:00",
        "9999-12-31T23:00:00-05:00",
        "31/12/20 or so",
        "9" * 200,
        "9e400",
        "Spring 2008",
        "50/50/2008",
    ],
)
def test_not_a_date(field: str) -> None:
    """Other words, and days that there are not, are unreadable; the reason is short."""
    with pytest.raises(Unreadable) as caught:
        dated(field, DayOrder.UNKNOWN)
    assert len(str(caught.value)) < 140


def test_lost_digits_are_named() -> None:
    """A time that a spreadsheet has shortened is not what it was."""
    with pytest.raises(Unreadable, match="has lost digits"):
        dated("1.60363E+09", DayOrder.UNKNOWN)


@pytest.mark.parametrize("field", ["5/1/2008", "05-01-2008", "5/1/08", "5/1/2008 14:03"])
def test_slashed_dates_of_an_unknown_order(field: str) -> None:
    """They are unreadable, and the reason says what to write; a known order decides."""
    with pytest.raises(Unreadable, match="say which with --dates dmy or --dates mdy"):
        dated(field, DayOrder.UNKNOWN)
    by_day, by_month = dated(field, DayOrder.DAY), dated(field, DayOrder.MONTH)
    assert by_day is not None
    assert by_month is not None
    assert (by_day.day, by_month.day) == (date(2008, 1, 5), date(2008, 5, 1))


def test_dates_with_points_have_the_day_first() -> None:
    """Whatever the order of slashed ones is."""
    found = dated("5.1.2008", DayOrder.MONTH)
    assert found == Dated(2008, datetime(2008, 1, 5, tzinfo=UTC))


def test_a_day_that_fits_only_one_order() -> None:
    """It is read in that, also where the column has the other."""
    assert dated("25/10/2020", DayOrder.MONTH) == dated("10/25/2020", DayOrder.DAY) == Dated(2020, DAY)


@pytest.mark.parametrize(
    ("field", "year", "day"),
    [
        ("2020-10-25", 2020, date(2020, 10, 25)),
        ("c1984", 1984, None),
        ("[1984]", 1984, None),
        ("1999-2000", 1999, None),
        ("New York, 1999", 1999, None),
        ("1984/85", 1984, None),
        ("2036-01-01", 2036, date(2036, 1, 1)),
    ],
)
def test_dates_of_publication(field: str, year: int, day: date | None) -> None:
    """A year with marks is as good as a date."""
    found = published(field, DayOrder.UNKNOWN, now=NOW)
    assert found is not None
    assert (found.year, found.day) == (year, day)


@pytest.mark.parametrize("field", ["9999-12-31", "2037-01-01", "soon", "true"])
def test_not_a_date_of_publication(field: str) -> None:
    """Dates more than ten years ahead stand for something else."""
    with pytest.raises(Unreadable):
        published(field, DayOrder.UNKNOWN, now=NOW)
    assert published("n.d.", DayOrder.UNKNOWN, now=NOW) is None


def test_what_looks_like_a_moment() -> None:
    """Dates and recent times do; years, postal codes and telephone numbers do not."""
    assert all(map(is_moment, ["2020-10-25", "5/1/2008", "1603634602", "20201025", "May 1, 2008"]))
    assert not any(map(is_moment, ["2020", "12345", "45657", "5551234567", "555123456", "x", "", "4.5"]))
