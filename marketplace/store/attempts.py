"""The table of attempts, which limits count over all processes."""

import math
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Double, and_, case, delete, literal, select

from marketplace.domain.limits import Counts, Limit
from marketplace.store.schema import attempts
from servicekit.database.statements import insert_into

MAX_ROWS = 100_000
"""Clients choose the keys. As many attempts in a minute as fill it come from thousands of addresses."""


class StoredAttempts:
    """Attempts by their kind and a digest of their key, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self, kind: str, key: str) -> Counts:
        """What has been counted."""
        row = self._connection.execute(
            select(attempts.c.window_number, attempts.c.in_window, attempts.c.in_previous).where(
                attempts.c.kind == kind, attempts.c.key_digest == key
            )
        ).first()
        return Counts() if row is None else Counts(*row)

    def add(self, kind: str, key: str, limit: Limit, *, at: float) -> bool:
        """Count an attempt, `at` seconds after 1970, unless it is beyond the limit; returns whether it was counted.

        One statement, in which attempts at the same time wait for each other.
        """
        window, passed = divmod(at, limit.seconds)
        number, columns = int(window), attempts.c
        # As `Counts.at` and `Counts.delay`.
        is_same = columns.window_number >= number
        current: ColumnElement[int] = case((is_same, columns.in_window), else_=0)
        previous: ColumnElement[int] = case(
            (is_same, columns.in_previous), (columns.window_number == number - 1, columns.in_window), else_=0
        )
        left = literal(math.floor((limit.seconds - passed) * 1000) / 1000, Double)
        is_allowed = and_(current < limit.times, (limit.times - current) * limit.seconds >= previous * left)
        insert = insert_into(self._connection, attempts).values(
            kind=kind,
            key_digest=key,
            window_number=number,
            in_window=1,
            in_previous=0,
            # It may count for less long, but so the oldest of many can be found.
            expires_at=datetime.fromtimestamp(at + 2 * limit.seconds, UTC),
        )
        statement = insert.on_conflict_do_update(
            index_elements=[columns.kind, columns.key_digest],
            set_={
                "window_number": case((is_same, columns.window_number), else_=number),
                "in_window": current + 1,
                "in_previous": previous,
                "expires_at": insert.excluded.expires_at,
            },
            where=is_allowed,
        ).returning(columns.kind)
        return self._connection.execute(statement).first() is not None

    def remove(self, kind: str, key: str) -> None:
        """Forget the attempts with this key."""
        self._connection.execute(delete(attempts).where(attempts.c.kind == kind, attempts.c.key_digest == key))

    def prune(self, at: datetime, *, max_rows: int = MAX_ROWS) -> None:
        """Delete those that no longer count at this time, and those beyond `max_rows` that would expire first."""
        expires_at = attempts.c.expires_at
        self._connection.execute(delete(attempts).where(expires_at <= at))
        most = select(expires_at).order_by(expires_at.desc()).offset(max_rows).limit(1).scalar_subquery()
        self._connection.execute(delete(attempts).where(expires_at <= most))
