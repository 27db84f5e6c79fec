"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

# SQLite autoincrements only INTEGER columns, which have 64 bits there.
BIG_ID = BigInteger().with_variant(Integer(), "sqlite")
"""An autoincremented 64-bit id."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time in UTC; SQLite itself stores no offset.

    Binding a time without an offset raises ValueError: it would be another moment elsewhere.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
