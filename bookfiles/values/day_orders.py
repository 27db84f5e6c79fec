"""Which of day and month comes first in dates such as 5/1/2008."""

import re
from enum import Enum

TIME = (
    r"\.?(?:(?:\s*,?\s+(?:(?:at|um|à|в)\s+)?|T)"
    r"(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?)"
    r"\s*(?P<zone>[A-Z]{1,5}|[+-]\d{2}(?::?\d{2})?)?)?"
)
"""A time of the day after a date."""
YEAR_LAST = re.compile(rf"(?P<a>\d{{1,2}})(?P<by>[-/. ])(?P<b>\d{{1,2}})(?:(?P=by)|,\s)(?P<y>\d{{4}}|\d{{2}}){TIME}")
MONTHS = 12


class DayOrder(Enum):
    """Which comes first."""

    DAY = "dmy"
    MONTH = "mdy"
    UNKNOWN = "unknown"


class DayOrders:
    """Collects in which order the slashed dates of a column have day and month."""

    def __init__(self) -> None:
        self._orders: set[DayOrder] = set()

    def add(self, field: str) -> None:
        """Take one field into account."""
        found = YEAR_LAST.fullmatch(field.strip())
        if found and found["by"] in "/-":
            first, second = int(found["a"]), int(found["b"])
            if first > MONTHS >= second:
                self._orders.add(DayOrder.DAY)
            elif second > MONTHS >= first:
                self._orders.add(DayOrder.MONTH)

    @property
    def order(self) -> DayOrder:
        """The order on which all agree."""
        return next(iter(self._orders)) if len(self._orders) == 1 else DayOrder.UNKNOWN
