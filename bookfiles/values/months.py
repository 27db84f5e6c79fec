"""Dates with the names of months, and times of the day."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

from dateutil import parser

_NAMED = re.compile(r"(?=.*[^\W\d_]{3})(?=.*\d{4}).{6,60}")
_DEFAULTS = datetime(2001, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC)
_HOURS = {"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8}
"""The zones that RFC 822 names; all others are taken for UTC."""


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


def named_month(value: str) -> tuple[datetime, bool] | None:
    """A date with the name of its month, and whether it has a day; None if it is no such date.

    Raises ValueError or OverflowError for what is no date.
    """
    if not _NAMED.fullmatch(value):
        return None
    first, second = (parser.parse(value, _NAMES, default=default, tzinfos=_zone) for default in _DEFAULTS)
    # What the text does not say differs.
    return (first, first.date() == second.date()) if first.year == second.year else None


def at_time(day: datetime, time: str | None, zone: str | None) -> datetime:
    """A day at this time in this zone; in UTC if none is given."""
    if not time:
        return day
    clock = parser.parse(time, default=day)
    if zone and zone[0] in "+-":
        return clock.replace(tzinfo=datetime.strptime(f"{zone.replace(':', '')}00"[:5], "%z").tzinfo)
    return clock.replace(tzinfo=timezone(timedelta(hours=_HOURS.get(zone or "", 0))))


def _zone(name: str | None, offset: int | None) -> int:
    return offset or _HOURS.get(name or "", 0) * 3600
