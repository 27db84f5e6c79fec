"""Dates and times in the forms that files have them in."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bookfiles.errors import Unreadable
from bookfiles.values.day_orders import MONTHS, TIME, YEAR_LAST, DayOrder
from bookfiles.values.months import at_time, named_month
from bookfiles.values.text import has_lost_digits, stated
from bookfiles.values.years import UNDATED, year

_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_EXCEL_DAYS = range(20_000, 80_000)
"""1954 to 2119."""
_YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){TIME}")
_MONTH = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})|(?P<m2>\d{1,2})[/.](?P<y2>\d{4})")
_EAST_ASIAN = re.compile(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?")
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)
_COMPACT = re.compile(r"(?:1[5-9]|20|21)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d[0-5]\d[0-5]\d)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].+)?")
_UNDEFINED = ("0000-00-00", "0001-01-01", "0101-01-01")
"""What MySQL, .NET and Calibre write for no date."""
_AROUND = "[]() "
_YEAR_MARK = re.compile(r"\s*г\.?$")
_LATEST_SHORT_YEAR = 50
"""5/1/49 is in 2049, and 5/1/50 in 1950."""
_POWERS = {9: 0, 10: 0, 12: 3, 13: 3, 15: 6, 16: 6, 18: 9, 19: 9}
"""Seconds to nanoseconds since 1970 by their number of digits."""
_RECENT = range(1990, 2036)


class UnknownOrder(Unreadable):
    """A slashed date may have the day or the month first."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A date or time as exact as the file has it; `moment` is in UTC and None if only the year or month is known."""

    year: int
    moment: datetime | None

    @property
    def day(self) -> date | None:
        """The day in UTC, if it is known."""
        return self.moment.date() if self.moment else None


def dated(field: str, order: DayOrder) -> Dated | None:
    """A date or time; None if the field is empty or says that there is none.

    Read are ISO 8601, year-month-day with any separator, German dates, slashed dates in the given order, dates with
    names of months, years and months alone, seconds to nanoseconds since 1970, and Excel's days.
    """
    value = stated(field).strip(_AROUND)
    if not value or value.startswith(_UNDEFINED) or value.casefold() in UNDATED:
        return None
    if _ISO.fullmatch(value):
        try:
            return _at(datetime.fromisoformat(value))
        except (ValueError, OverflowError):
            pass  # such as 2008-05-00, or a time in an unusual form
    try:
        for read in (_number, _year_first, lambda text: _year_last(text, order), _month, _named_month):
            if found := read(_YEAR_MARK.sub("", value)):
                return found
    except (ValueError, OverflowError):
        pass
    if has_lost_digits(value):
        raise Unreadable(f"{value[:40]!r} has lost digits before it came into this file; format the column as text")
    raise Unreadable(f"{value[:40]!r} is not a date")


def published(field: str, order: DayOrder, *, now: datetime) -> Dated | None:
    """The date of a publication, also a year with marks such as `c1984`; not more than ten years ahead."""
    try:
        found = dated(field, order)
    except UnknownOrder:
        raise
    except Unreadable as reason:
        try:
            number = year(field, now=now)
        except Unreadable:
            raise reason from None
        return Dated(number, None) if number is not None else None
    if found is not None:
        year(str(found.year).zfill(4), now=now)
    return found


def _at(moment: datetime) -> Dated:
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return Dated(aware.year, aware)


def _number(value: str) -> Dated | None:
    number = _NUMBER.fullmatch(_with_all_digits(value))
    if not number:
        return None
    digits = number[1]
    if len(digits) == 4 and int(digits) > 0:  # noqa: PLR2004  (a year)
        return Dated(int(digits), None)
    if _COMPACT.fullmatch(value):
        return _at(datetime.strptime(value.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    if len(digits) == 5 and int(digits) in _EXCEL_DAYS:  # noqa: PLR2004
        return _at(_EXCEL_EPOCH + timedelta(days=float(value)))
    power = _POWERS.get(len(digits))
    return _at(datetime.fromtimestamp(int(digits) / 10**power, UTC)) if power is not None else None


def _with_all_digits(value: str) -> str:
    """A number without E-notation, if it has all digits: 1.601011223e9."""
    mantissa, _, exponent = value.lower().replace(",", ".").partition("e")
    if not has_lost_digits(value) or len(mantissa.replace(".", "")) <= int(exponent[:4]):
        return value
    return str(int(Decimal(f"{mantissa}e{exponent}")))


def _year_first(value: str) -> Dated | None:
    if east_asian := _EAST_ASIAN.fullmatch(value):
        value = "-".join(filter(None, east_asian.groups()))
    found = _YEAR_FIRST.fullmatch(value)
    if not found:
        return _month(value) if east_asian else None
    if not int(found["m"]) or not int(found["d"]):
        # MySQL's way to leave out what is not known.
        return Dated(int(found["y"]), None) if int(found["y"]) else None
    return _on(int(found["y"]), int(found["m"]), int(found["d"]), found)


def _year_last(value: str, order: DayOrder) -> Dated | None:
    found = YEAR_LAST.fullmatch(value)
    if not found:
        return None
    first, second = int(found["a"]), int(found["b"])
    year = int(found["y"])
    if len(found["y"]) == 2:  # noqa: PLR2004
        year += 2000 if year < _LATEST_SHORT_YEAR else 1900
    day, month = first, second
    if found["by"] == " ":
        day, month = second, first  # Amazon's reviews: 09 13, 2009
    elif found["by"] != ".":
        if second > MONTHS or (order is DayOrder.MONTH and first <= MONTHS):
            day, month = second, first
        elif order is DayOrder.UNKNOWN and first <= MONTHS and first != second:
            raise UnknownOrder(
                f"{value[:40]!r} may be day/month or month/day; write it like 2008-05-01, "
                "or say which with --dates dmy or --dates mdy"
            )
    return _on(year, month, day, found)


def _on(year: int, month: int, day: int, found: re.Match[str]) -> Dated:
    return _at(at_time(datetime(year, month, day, tzinfo=UTC), found["time"], found["zone"]))


def _month(value: str) -> Dated | None:
    found = _MONTH.fullmatch(value)
    if not found:
        return None
    year, month = int(found["y"] or found["y2"]), int(found["m"] or found["m2"])
    return Dated(year, None) if 1 <= month <= MONTHS and year else None


def _named_month(value: str) -> Dated | None:
    found = named_month(value)
    if not found:
        return None
    moment, has_day = found
    return _at(moment) if has_day else Dated(moment.year, None)


def is_moment(field: str) -> bool:
    """Whether it can be read as a date or time: not a year alone, nor a number that may be anything."""
    try:
        found = dated(field, DayOrder.DAY)
    except Unreadable:
        return False
    if found is None or found.moment is None:
        return False
    return len(field.strip()) != 5 and (not _NUMBER.fullmatch(field.strip()) or found.year in _RECENT)  # noqa: PLR2004
