"""Parts of statements that differ between the databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Connection, Date, Integer, MetaData, String, Table, Text, event, select
from sqlalchemy.exc import DataError

from servicekit.database.columns import UtcDateTime
from servicekit.database.engine import open_engine, writing
from servicekit.database.statements import insert_rows

ITEMS = Table(
    "items",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("name", Text),
    Column("code", String(3)),
    Column("names", JSON),
    Column("day", Date),
    Column("moment", UtcDateTime),
    Column("is_new", Boolean),
)
FULL = {
    "number": 1,
    "name": 'Dune "é\\u00e9" \U0001f4da',
    "code": "EUR",
    "names": ["a", 'b"ü'],
    "day": date(1965, 8, 1),
    "moment": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    "is_new": True,
}
EMPTY: dict[str, Any] = {
    "number": 2,
    "name": None,
    "code": None,
    "names": [],
    "day": None,
    "moment": None,
    "is_new": None,
}


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A transaction in a database with the table, on each database."""
    engine = open_engine(database_url)
    with writing(engine) as connection:
        ITEMS.create(connection)
        yield connection
    engine.dispose()


def stored(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(ITEMS).order_by(ITEMS.c.number)).mappings()]


def test_values_of_all_types_are_inserted(connection: Connection) -> None:
    """Texts with any character, lists, days, moments and what is absent; and no rows are no error."""
    insert_rows(connection, ITEMS, [])
    insert_rows(connection, ITEMS, [FULL, EMPTY])
    assert stored(connection) == [FULL, EMPTY]


def test_rows_with_the_same_key_are_changed(connection: Connection) -> None:
    """Only in the columns that the rows have, to what is computed of the new value or else to the new value."""
    insert_rows(connection, ITEMS, [FULL])
    insert_rows(connection, ITEMS, [{"number": 1, "code": "USD"}, {"number": 3, "code": "CAD"}], key="number")
    assert [(row["code"], row["name"]) for row in stored(connection)] == [("USD", FULL["name"]), ("CAD", None)]
    more = [{"number": 3, "name": "C"}, {"number": 1, "name": "!"}]
    insert_rows(connection, ITEMS, more, key="number", update=lambda new: ITEMS.c.name + new)
    assert [row["name"] for row in stored(connection)] == [f"{FULL['name']}!", None]


def test_many_rows_are_few_statements(connection: Connection) -> None:
    """A full-text table of SQLite would write a part of its index for each of them."""
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
    insert_rows(connection, ITEMS, ({"number": number, "name": f"{number}"} for number in range(2_500)))
    assert len(statements) == 3
    assert [row["name"] for row in stored(connection)] == [str(number) for number in range(2_500)]


def test_a_text_that_is_too_long_is_not_shortened(connection: Connection) -> None:
    """PostgreSQL refuses it, where a cast would shorten it; SQLite has no limit."""
    rows = [{"number": 1, "code": "EURO"}]
    if connection.dialect.name == "postgresql":
        with pytest.raises(DataError, match="too long"):
            insert_rows(connection, ITEMS, rows)
    else:
        insert_rows(connection, ITEMS, rows)
        assert stored(connection)[0]["code"] == "EURO"
