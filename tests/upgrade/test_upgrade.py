"""Each migration on tables with rows, as the version before had them, and beside that version's statements."""

import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from servicekit.database.engine import open_engine
from servicekit.database.migrations import LOCK_SECONDS, is_current, upgrade
from tests.embedded_postgresql import create_database
from tests.marketplace.fakes import NOON
from tests.upgrade.versions import SERVICES, fill, revisions, rows, statements_of, upgrade_to

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"
DERIVED = {"book_search", "search_terms"}
"""Tables that the shop makes again from its books."""
DROPPED = {("marketplace", "0005", "book_categories", "position"), ("marketplace", "0007", "accounts", "session_key")}
"""Columns that were dropped: what was in the first is in books.categories, the second in the table of sessions."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The engine of an empty database, once on SQLite and once on PostgreSQL."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def on_postgresql(postgresql_server: str) -> Iterator[Engine]:
    """The engine of an empty database on PostgreSQL."""
    name = f"upgrade_{os.getpid()}"
    engine = open_engine(create_database(postgresql_server, name))
    yield engine
    engine.dispose()
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("service", SERVICES)
def test_every_row_of_every_version_is_kept(engine: Engine, service: str) -> None:
    """A database to which every version since the first one has written has all its rows, with the same values."""
    scripts = SERVICES[service]
    dropped = set()
    for number, revision in enumerate(revisions(scripts), 1):
        before = rows(engine)
        upgrade_to(engine, scripts, revision)
        after = rows(engine)
        for table in before.keys() - DERIVED:
            gone = _columns(before[table]) - _columns(after[table])
            dropped |= {(service, revision, table, column) for column in gone}
            kept = _columns(before[table]) - gone
            assert _only(kept, after[table]) == _only(kept, before[table]), (revision, table)
        fill(engine, number)
    assert dropped == {column for column in DROPPED if column[0] == service}
    assert is_current(engine, scripts)
    upgrade(engine, scripts)


def _columns(table: Sequence[dict[str, Any]]) -> set[str]:
    return set(table[0]) if table else set()


def _only(columns: set[str], table: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(str([row[column] for column in sorted(columns)]) for row in table)


@pytest.mark.postgresql
@pytest.mark.parametrize("service", SERVICES)
def test_the_migrations_that_need_a_stop_are_documented(on_postgresql: Engine, service: str) -> None:
    """All others only add: the version before works meanwhile and afterwards, and no large table is locked."""
    scripts = SERVICES[service]
    first, *later = revisions(scripts)
    upgrade_to(on_postgresql, scripts, first)
    need_a_stop = []
    for revision in later:
        with statements_of(on_postgresql) as statements:
            upgrade_to(on_postgresql, scripts, revision)
        if not all(map(_Online(statements), statements)):
            need_a_stop.append(revision)
    row = re.search(rf"^\| {service} \| (.*?)\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert row, f"docs/operations.md has no row of {service}"
    assert need_a_stop == re.findall(r"\d{4}", row[1])


class _Online:
    """Whether a statement of a migration may run while the version before serves; see `made` of its statements."""

    _ADDED = re.compile(r"ALTER TABLE \S+ ADD COLUMN (?P<definition>.*)")
    _HARMLESS = re.compile(r"SELECT|CREATE TABLE|CREATE EXTENSION|ALTER TABLE \S+ ALTER COLUMN \S+ SET STATISTICS 0$")
    _OF_TABLE = re.compile(
        r"(?:CREATE (?:UNIQUE )?INDEX \S+ ON|INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE) (?P<table>\w+)"
    )

    def __init__(self, statements: Sequence[str]) -> None:
        # What is done with a table that is new concerns nobody else.
        created = (re.match(r"CREATE TABLE (\w+)", statement) for statement in statements)
        self._made = {match[1] for match in created if match} | {"alembic_version"}

    def __call__(self, statement: str) -> bool:
        if self._HARMLESS.match(statement):
            return True
        of_table = self._OF_TABLE.match(statement)
        if of_table and of_table["table"] in self._made:
            return True
        added = self._ADDED.match(statement)
        # Otherwise the old version's INSERT fails, or the table is written anew.
        return bool(added and ("NOT NULL" not in added[1] or "DEFAULT" in added[1]) and "GENERATED" not in added[1])


@pytest.mark.parametrize(
    ("statement", "is_online"),
    [
        ("CREATE TABLE new (a INTEGER NOT NULL)", True),
        ("CREATE UNIQUE INDEX i ON new (a)", True),
        ("CREATE INDEX i ON orders (email)", False),
        ("ALTER TABLE orders ADD COLUMN note TEXT", True),
        ("ALTER TABLE orders ADD COLUMN note TEXT DEFAULT '' NOT NULL", True),
        ("ALTER TABLE orders ADD COLUMN note TEXT NOT NULL", False),
        ("ALTER TABLE orders ADD COLUMN n tsvector GENERATED ALWAYS AS (x) STORED", False),
        ("ALTER TABLE orders DROP COLUMN note", False),
        ("ALTER TABLE orders RENAME COLUMN a TO b", False),
        ("ALTER TABLE orders ALTER COLUMN note SET NOT NULL", False),
        ("UPDATE orders SET note=''", False),
        ("UPDATE new SET a=1", True),
        ("DROP TABLE orders", False),
        ("LOCK TABLE orders", False),
    ],
)
def test_only_additions_need_no_stop(statement: str, is_online: bool) -> None:
    """What the version before reads and writes stays as it is, and nothing takes longer the more rows there are."""
    assert _Online(["CREATE TABLE new (a INTEGER NOT NULL)"])(statement) is is_online


@pytest.mark.postgresql
def test_readers_and_writers_go_on_during_a_migration(on_postgresql: Engine) -> None:
    """No statement of the version before fails, or waits longer than the migration may wait for a table."""
    scripts = SERVICES["marketplace"]
    upgrade_to(on_postgresql, scripts, "0017")
    migrated = threading.Event()

    def work() -> list[float]:
        took: list[float] = []
        while not migrated.is_set() or len(took) < 20:
            began = time.monotonic()
            with on_postgresql.begin() as connection:
                insert = text("INSERT INTO readers (created_at) VALUES (:noon) RETURNING reader_id")
                reader_id = connection.execute(insert, {"noon": NOON}).scalar_one()
                insert = text("INSERT INTO outbox (kind, payload, created_at) VALUES ('x', '{}', :noon)")
                connection.execute(insert, {"noon": NOON})
                connection.execute(text("SELECT * FROM readers WHERE reader_id = :id"), {"id": reader_id}).one()
                connection.execute(text("SELECT count(*) FROM orders")).one()
            took.append(time.monotonic() - began)
        return took

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work) for _ in range(4)]
        try:
            upgrade(on_postgresql, scripts)
        finally:
            migrated.set()
        took = [seconds for worker in working for seconds in worker.result()]
    assert max(took) < LOCK_SECONDS + 1
    with on_postgresql.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM readers")).scalar_one() == len(took)
