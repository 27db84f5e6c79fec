"""Who delivers to a destination just now, and whether it is left alone for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select, update

from marketplace.domain.events import Destination
from marketplace.store.schema import deliveries
from servicekit.database import insert_into

NOBODY = ""
MISDATED = timedelta(minutes=1)
"""Nothing is held or left alone as long as this: a moment further ahead was written by a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """How often a destination failed since it last answered, and how the last time; the text names no reader."""

    failures: int = 0
    last_error: str = ""


class Deliveries:
    """The leases of the destinations, within one transaction.

    Every moment comes from the clock of the worker that writes it: the workers' clocks must agree within a few
    seconds. Where they do not, two may deliver at once, which the receivers put up with; but what was delivered is
    settled by the one whom the row names, whatever any clock says.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, destination: Destination, holder: str, *, now: datetime, until: datetime) -> int | None:
        """Make `holder` the one who delivers, if nobody else does and the destination is not left alone.

        Returns how often it failed since it last answered; None where the lease is not to be had.
        """
        first = {"destination": destination.value, "holder": holder, "held_until": until}
        adding = insert_into(self._connection, deliveries).values(**first, failures=0, retry_at=now, last_error="")
        taking = adding.on_conflict_do_update(
            index_elements=[deliveries.c.destination],
            set_={"holder": holder, "held_until": until},
            where=and_(
                or_(deliveries.c.holder.in_([NOBODY, holder]), _has_come(deliveries.c.held_until, now)),
                _has_come(deliveries.c.retry_at, now),
            ),
        ).returning(deliveries.c.failures)
        failures: int | None = self._connection.execute(taking).scalar()
        return failures

    def keep(self, destination: Destination, holder: str, *, until: datetime) -> bool:
        """Have the holder deliver longer; False where it is the holder no more."""
        return self._change(destination, holder, {"held_until": until})

    def answered(self, destination: Destination, holder: str, *, until: datetime) -> bool:
        """Likewise, and the destination is well."""
        return self._change(destination, holder, {"held_until": until, "failures": 0, "last_error": ""})

    def failed(self, destination: Destination, holder: str, *, failures: int, error: str, retry_at: datetime) -> bool:
        """Have the destination left alone until `retry_at`, and then by whoever comes first; False as in `keep`."""
        values = {"holder": NOBODY, "failures": failures, "last_error": error, "retry_at": retry_at}
        return self._change(destination, holder, values)

    def release(self, destination: Destination, holder: str) -> None:
        """Have somebody else deliver."""
        self._change(destination, holder, {"holder": NOBODY})

    def statuses(self) -> Mapping[Destination, DestinationStatus]:
        """Of every destination."""
        rows = self._connection.execute(
            select(deliveries.c.destination, deliveries.c.failures, deliveries.c.last_error)
        )
        found = {row.destination: DestinationStatus(row.failures, row.last_error) for row in rows}
        return {each: found.get(each.value, DestinationStatus()) for each in Destination}

    def _change(self, destination: Destination, holder: str, values: Mapping[str, Any]) -> bool:
        theirs = and_(deliveries.c.destination == destination.value, deliveries.c.holder == holder)
        return self._connection.execute(update(deliveries).where(theirs).values(values)).rowcount == 1


def _has_come(moment: Column[datetime], now: datetime) -> ColumnElement[bool]:
    return or_(moment <= now, moment > now + MISDATED)
