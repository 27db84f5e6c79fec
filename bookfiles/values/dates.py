"""Dates and times in the forms that files have them in."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from typing import ClassVar

from dateutil import parser

from bookfiles.errors import Unreadable
from bookfiles.values.text import plain

_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_EXCEL_DAYS = range(20_000, 80_000)
"""1954 to 2119."""
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
_TIME = rf"\.?(?:(?:\s*,?\s+|T)(?P<time>{_CLOCK})\s*(?P<zone>Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}})?)?"
_YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<by>[-/. ])(?P<b>\d{{1,2}})(?:(?P=by)|,\s)(?P<y>\d{{4}}|\d{{2}}){_TIME}"
)
_MONTH = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})|(?P<m2>\d{1,2})[/.](?P<y2>\d{4})")
_NAMED_MONTH = re.compile(r"(?=.*[^\W\d_]{3})(?=.*\d{4}).{6,60}")
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)
_COMPACT = re.compile(r"(?:1[5-9]|20|21)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].+)?")
_MONTHS = 12
_DEFAULTS = datetime(2001, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC)


class _Names(parser.parserinfo):
    """Names of months in English, German, French, Spanish and Russian."""

    MONTHS: ClassVar[list[tuple[str, ...]]] = [  # type: ignore[assignment,misc]
        ("jan", "january", "januar", "janvier", "enero", "янв", "января", "январь"),
        ("feb", "february", "februar", "février", "febrero", "фев", "февраля", "февраль"),
        ("mar", "march", "märz", "mars", "marzo", "мар", "марта", "март"),
        ("apr", "april", "avril", "abril", "апр", "апреля", "апрель"),
        ("may", "mai", "mayo", "мая", "май"),
        ("jun", "june", "juni", "juin", "junio", "июн", "июня", "июнь"),
        ("jul", "july", "juli", "juillet", "julio", "июл", "июля", "июль"),
        ("aug", "august", "août", "agosto", "авг", "августа", "август"),
        ("sep", "sept", "september", "septembre", "septiembre", "сен", "сентября", "сентябрь"),
        ("oct", "october", "oktober", "octobre", "octubre", "окт", "октября", "октябрь"),
        ("nov", "november", "novembre", "noviembre", "ноя", "ноября", "ноябрь"),
        ("dec", "december", "dezember", "décembre", "diciembre", "дек", "декабря", "декабрь"),
    ]
    JUMP: ClassVar[list[str]] = [*parser.parserinfo.JUMP, "г", "г.", "de", "del", "le"]  # type: ignore[misc]


_NAMES = _Names()


class DayOrder(Enum):
    """Which comes first in a date such as 5/1/2008."""

    DAY = "dmy"
    MONTH = "mdy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date or time as exact as the file has it; `moment` is in UTC and None if only the year or month is known."""

    year: int
    moment: datetime | None


class DayOrders:
    """Collects in which order the slashed dates of a column have day and month."""

    def __init__(self) -> None:
        self._orders: set[DayOrder] = set()

    def add(self, field: str) -> None:
        """Take one field into account."""
        found = _YEAR_LAST.fullmatch(field.strip())
        if found and found["by"] in "/-":
            first, second = int(found["a"]), int(found["b"])
            if first > _MONTHS >= second:
                self._orders.add(DayOrder.DAY)
            elif second > _MONTHS >= first:
                self._orders.add(DayOrder.MONTH)

    @property
    def order(self) -> DayOrder:
        """The order on which all agree."""
        return next(iter(self._orders)) if len(self._orders) == 1 else DayOrder.UNKNOWN


def dated(field: str, order: DayOrder) -> Dated | None:
    """A date or time; None if the field is empty.

    Read are ISO 8601, year-month-day with any separator, German dates, slashed dates in the given order, dates with
    names of months, years and months alone, seconds to nanoseconds since 1970, and Excel's days.
    """
    value = plain(field)
    if not value:
        return None
    if _ISO.fullmatch(value):
        try:
            return _at(datetime.fromisoformat(value))
        except (ValueError, OverflowError):
            pass  # such as 2008-05-00, or a time in an unusual form
    try:
        for read in (_number, _year_first, lambda text: _year_last(text, order), _month, _named_month):
            if found := read(value):
                return found
    except (ValueError, OverflowError):
        pass
    raise Unreadable(f"{value[:40]!r} is not a date")


def _at(moment: datetime) -> Dated:
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return Dated(aware.year, aware)


def _number(value: str) -> Dated | None:
    number = _NUMBER.fullmatch(value)
    if not number:
        return None
    digits = number[1]
    if len(digits) == 4 and int(digits) > 0:  # noqa: PLR2004  (a year)
        return Dated(int(digits), None)
    if _COMPACT.fullmatch(value):
        return _at(datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC))
    if len(digits) == 5 and int(digits) in _EXCEL_DAYS:  # noqa: PLR2004
        return _at(_EXCEL_EPOCH + timedelta(days=float(value)))
    powers = {9: 0, 10: 0, 12: 3, 13: 3, 15: 6, 16: 6, 18: 9, 19: 9}
    if len(digits) not in powers:
        return None
    return _at(datetime.fromtimestamp(int(digits) / 10 ** powers[len(digits)], UTC))


def _year_first(value: str) -> Dated | None:
    found = _YEAR_FIRST.fullmatch(value)
    if not found:
        return None
    if not int(found["m"]) or not int(found["d"]):
        # MySQL's way to leave out what is not known.
        return Dated(int(found["y"]), None) if int(found["y"]) else None
    return _at(_moment(int(found["y"]), int(found["m"]), int(found["d"]), found["time"], found["zone"]))


def _year_last(value: str, order: DayOrder) -> Dated | None:
    found = _YEAR_LAST.fullmatch(value)
    if not found:
        return None
    first, second = int(found["a"]), int(found["b"])
    year = int(found["y"])
    if len(found["y"]) == 2:  # noqa: PLR2004
        year += 2000 if year < 69 else 1900  # noqa: PLR2004  (as POSIX)
    day, month = first, second
    if found["by"] == " ":
        day, month = second, first  # Amazon's reviews: 09 13, 2009
    elif found["by"] != ".":
        if second > _MONTHS or (order is DayOrder.MONTH and first <= _MONTHS):
            day, month = second, first
        elif order is DayOrder.UNKNOWN and first <= _MONTHS and first != second:
            raise Unreadable(
                f"{value[:40]!r} may be day/month or month/day; say which with --dates dmy or --dates mdy"
            )
    return _at(_moment(year, month, day, found["time"], found["zone"]))


def _month(value: str) -> Dated | None:
    found = _MONTH.fullmatch(value)
    if not found:
        return None
    year, month = int(found["y"] or found["y2"]), int(found["m"] or found["m2"])
    return Dated(year, None) if 1 <= month <= _MONTHS else None


def _named_month(value: str) -> Dated | None:
    if not _NAMED_MONTH.fullmatch(value):
        return None
    first, second = (parser.parse(value, _NAMES, default=default, tzinfos=_zone) for default in _DEFAULTS)
    if first.year != second.year:
        return None
    # What the text does not say differs.
    return _at(first) if first.date() == second.date() else Dated(first.year, None)


def _zone(_name: str, offset: int | None) -> int:
    return offset or 0


def _moment(year: int, month: int, day: int, time: str | None, zone: str | None) -> datetime:
    start = datetime(year, month, day, tzinfo=UTC)
    if not time:
        return start
    clock = parser.parse(time, default=start, tzinfos=_zone)
    return clock.replace(tzinfo=_offset(zone))


def _offset(zone: str | None) -> tzinfo:
    if not zone or zone[0] not in "+-":
        return UTC
    parsed = datetime.strptime(zone, "%z").tzinfo
    return parsed or UTC


def is_moment(field: str) -> bool:
    """Whether it can be read as a date or time, not as a year alone."""
    try:
        found = dated(field, DayOrder.DAY)
    except Unreadable:
        return False
    return found is not None and found.moment is not None


def utc_date(found: Dated) -> date | None:
    """The day, if it is known."""
    return found.moment.date() if found.moment else None
