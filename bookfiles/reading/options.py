"""What a person may say about a file that cannot be told from it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bookfiles.columns.meanings import Mapped
from bookfiles.values.day_orders import DayOrder
from servicekit.clock import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`mapped` overrules what columns mean, `order` that of slashed dates, `currency` is that of prices without one,
    and `reader` the reader of a file with no column of readers. `now` is the time of reading, and `spool` the folder
    for what does not fit in memory, the system's own if it is None.
    """

    mapped: tuple[Mapped, ...] = ()
    order: DayOrder | None = None
    currency: str = ""
    reader: str = ""
    spool: Path | None = None
    now: datetime

    @classmethod
    def default(cls) -> "Options":
        """Nothing said, at this moment."""
        return cls(now=now())
