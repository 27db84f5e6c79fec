"""Parts of statements that differ between SQLite and PostgreSQL."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

_FEW = 20
_ROWS_IN_A_STATEMENT = 1_000

COUNT_ROWS = {"preserve_rowcount": True}
"""Execution options for an INSERT whose rowcount is needed; SQLAlchemy has none by default."""


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that supports ON CONFLICT, in the connection's dialect."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def is_any_of(connection: Connection, column: ColumnElement[Any], values: Iterable[int | str]) -> ColumnElement[bool]:
    """Whether a column has one of any number of values.

    Many are a single parameter: `in_` has one for each, and SQLite allows 32,766 in a statement, PostgreSQL 65,535.
    """
    values = list(values)
    if len(values) <= _FEW:  # which is faster
        return column.in_(values)
    if connection.dialect.name == "postgresql":
        item = column.type if isinstance(column.type, Integer) else Text()
        return column == any_(literal(values, ARRAY(item)))
    return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    *,
    key: str | None = None,
    update: Callable[[ColumnElement[Any]], ColumnElement[Any]] = lambda new: new,
) -> None:
    """Insert many rows, which all have the same columns in the same order; texts are without NUL.

    With a `key`, the row that has the key already is changed instead, each other column to `update` of the new value.
    """
    # Few large statements: one for each row, or with a parameter for each value, takes several times as long. Above
    # all, SQLite's full-text tables, which triggers fill, write a part of their index at the end of each statement.
    left = iter(rows)
    while chunk := list(islice(left, _ROWS_IN_A_STATEMENT)):
        names = list(chunk[0])
        values = _select(connection, [table.c[name] for name in names], [list(row.values()) for row in chunk])
        statement: Any = insert_into(connection, table).from_select(names, values)
        if key is not None:
            changed = {name: update(statement.excluded[name]) for name in names if name != key}
            statement = statement.on_conflict_do_update(index_elements=[table.c[key]], set_=changed)
        connection.execute(statement)


def _select(connection: Connection, columns: Sequence[ColumnElement[Any]], rows: list[list[Any]]) -> Select[Any]:
    """A SELECT of these rows."""
    if connection.dialect.name == "postgresql":
        types = (Text() if isinstance(column.type, String) else column.type for column in columns)
        arrays = zip(types, zip(*rows, strict=True), strict=True)
        return select(*(func.unnest(literal(values, ARRAY(item, dimensions=1))) for item, values in arrays))
    for i, column in enumerate(columns):
        process = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        # Lists stay as they are: SQLite extracts them as JSON.
        if process is not None and not isinstance(column.type, JSON):
            for row in rows:
                row[i] = process(row[i])
    value = func.json_each(json.dumps(rows, ensure_ascii=False)).table_valued("value").c.value
    # Without WHERE, SQLite would read ON CONFLICT as a condition of a join.
    return select(*(func.json_extract(value, f"$[{i}]") for i in range(len(columns)))).where(true())
