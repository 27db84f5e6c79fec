"""The table of leases: which worker delivers to a destination, and until when the destination is backed off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select, update

from marketplace.domain.events import BUILT_IN, Destination
from marketplace.store.schema import deliveries
from servicekit.database.statements import insert_into

NO_HOLDER = ""
MAX_FUTURE = timedelta(minutes=2)
"""Longer than any lease or backoff: a time further in the future was written by a wrong clock."""


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """The failures of a destination since it last answered, and the last error, which names no reader."""

    failures: int = 0
    last_error: str = ""


class Deliveries:
    """The leases of the destinations, within one transaction.

    Each time comes from the clock of the worker that writes it, so the workers' clocks must agree within a few
    seconds. If they do not, two workers may deliver at once, which the receivers tolerate; but only the holder that
    the row names can settle what was delivered.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def acquire(self, destination: Destination, holder: str, *, now: datetime, until: datetime) -> int | None:
        """Give `holder` the lease, unless another worker has it or the destination is backed off.

        Returns the failures since the destination last answered; None if the lease was not given.
        """
        lease = {"holder": holder, "held_until": until}
        row = {"destination": destination.value, "failures": 0, "retry_at": now, "last_error": "", **lease}
        statement = (
            insert_into(self._connection, deliveries)
            .values(row)
            .on_conflict_do_update(
                index_elements=[deliveries.c.destination],
                set_=lease,
                where=and_(
                    or_(deliveries.c.holder.in_([NO_HOLDER, holder]), _is_past(deliveries.c.held_until, now)),
                    _is_past(deliveries.c.retry_at, now),
                ),
            )
            .returning(deliveries.c.failures)
        )
        failures: int | None = self._connection.execute(statement).scalar()
        return failures

    def renew(self, destination: Destination, holder: str, *, until: datetime) -> bool:
        """Extend the lease; False if `holder` no longer has it."""
        return self._change(destination, holder, {"held_until": until})

    def succeeded(self, destination: Destination, holder: str, *, until: datetime) -> bool:
        """Extend the lease and reset the destination's failures; False if `holder` no longer has it."""
        return self._change(destination, holder, {"held_until": until, "failures": 0, "last_error": ""})

    def failed(self, destination: Destination, holder: str, *, failures: int, error: str, retry_at: datetime) -> bool:
        """Release the lease and back off until `retry_at`; False if `holder` no longer had it."""
        values = {"holder": NO_HOLDER, "failures": failures, "last_error": error, "retry_at": retry_at}
        return self._change(destination, holder, values)

    def release(self, destination: Destination, holder: str) -> None:
        self._change(destination, holder, {"holder": NO_HOLDER})

    def statuses(self) -> Mapping[Destination, DestinationStatus]:
        rows = self._connection.execute(
            select(deliveries.c.destination, deliveries.c.failures, deliveries.c.last_error)
        )
        known = {Destination(row.destination): DestinationStatus(row.failures, row.last_error) for row in rows}
        return dict.fromkeys(BUILT_IN, DestinationStatus()) | known

    def _change(self, destination: Destination, holder: str, values: Mapping[str, Any]) -> bool:
        held = and_(deliveries.c.destination == destination.value, deliveries.c.holder == holder)
        return self._connection.execute(update(deliveries).where(held).values(values)).rowcount == 1


def _is_past(moment: Column[datetime], now: datetime) -> ColumnElement[bool]:
    return or_(moment <= now, moment > now + MAX_FUTURE)
