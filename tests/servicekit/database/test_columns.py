"""Column types on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Engine, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from servicekit.database.columns import BIG_ID, UtcDateTime
from servicekit.database.engine import open_engine, reading, writing

moments = Table(
    "moments",
    MetaData(),
    Column("id", BIG_ID, primary_key=True),
    Column("at", UtcDateTime),
    sqlite_autoincrement=True,
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with the table."""
    engine = open_engine(database_url)
    with writing(engine) as connection:
        moments.create(connection)
        connection.commit()
    yield engine
    engine.dispose()


def stored(engine: Engine, *times: datetime | None) -> list[datetime | None]:
    with writing(engine) as connection:
        for at in times:
            connection.execute(insert(moments).values(at=at))
        connection.commit()
    with reading(engine) as connection:
        return list(connection.scalars(select(moments.c.at).order_by(moments.c.id)))


def test_times_come_back_in_utc(engine: Engine) -> None:
    """They are the same time, to the microsecond, whatever their offset was."""
    east = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=5)))
    times = stored(engine, east, datetime(1970, 1, 1, tzinfo=UTC), None)
    assert times == [east, datetime(1970, 1, 1, tzinfo=UTC), None]
    assert [at.utcoffset() for at in times if at] == [timedelta(0)] * 2


def test_a_time_without_an_offset_is_refused(engine: Engine) -> None:
    """It would be another time on another machine."""
    with pytest.raises(StatementError, match="a time without an offset"):
        stored(engine, datetime(2026, 1, 1))  # noqa: DTZ001  (that is the point)


def test_ids_have_64_bits_and_are_autoincremented(engine: Engine) -> None:
    """An id beyond 32 bits can be stored, and a missing one is set by the database."""
    with writing(engine) as connection:
        first = connection.execute(insert(moments).values(at=None)).inserted_primary_key
        connection.execute(insert(moments).values(id=2**40, at=None))
        connection.commit()
    with reading(engine) as connection:
        assert list(connection.scalars(select(moments.c.id).order_by(moments.c.id))) == [1, 2**40]
    assert first is not None
    assert first[0] == 1
