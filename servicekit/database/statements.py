"""Parts of statements that differ between SQLite and PostgreSQL."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Integer, Table, Text, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

_FEW = 20

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
