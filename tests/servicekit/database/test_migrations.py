"""Migrations of a service."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import structlog
from sqlalchemy import Engine, text

from servicekit.database.engine import open_engine
from servicekit.database.migrations import LOCK_SECONDS, MigrationBlocked, NewerDatabase, is_current, upgrade
from tests.embedded_postgresql import create_database

SCRIPT = """
from pathlib import Path
revision, down_revision = "0001", None
with Path(__file__).with_suffix(".log").open("a") as log:
    log.write("run\\n")
"""


def test_the_scripts_are_read_once(tmp_path: Path) -> None:
    """Health checks ask again and again whether the database is current; only the database can change."""
    (tmp_path / "versions").mkdir()
    script = tmp_path / "versions" / "0001_first.py"
    script.write_text(SCRIPT)
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    assert [is_current(engine, tmp_path) for _ in range(3)] == [False] * 3
    engine.dispose()
    assert script.with_suffix(".log").read_text() == "run\n"


def test_asking_displaces_no_statement_from_the_cache(tmp_path: Path) -> None:
    """Alembic's query is another one each time; kept, it would displace those of the pages."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_first.py").write_text(SCRIPT)
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    before = len(engine._compiled_cache)  # type: ignore[arg-type]
    assert [is_current(engine, tmp_path) for _ in range(3)] == [True] * 3
    assert len(engine._compiled_cache) == before  # type: ignore[arg-type]
    engine.dispose()


ENV = """
from sqlalchemy import MetaData
from servicekit.database.migrations import run_from_env
run_from_env(MetaData())
"""
SECOND = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "0002", "0001"
def upgrade():
    op.add_column("books", sa.Column("year", sa.Integer))
"""
FIRST = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "0001", None
def upgrade():
    op.create_table("books", sa.Column("title", sa.Text))
"""


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    name = f"migrations_{os.getpid()}"
    yield create_database(postgresql_server, name)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """The migrations of two versions: one makes a table, the next one adds a column."""
    for folder, scripts in (("old", [FIRST]), ("new", [FIRST, SECOND])):
        (tmp_path / folder / "versions").mkdir(parents=True)
        (tmp_path / folder / "env.py").write_text(ENV)
        for i, script in enumerate(scripts):
            (tmp_path / folder / "versions" / f"{i + 1:04}.py").write_text(script)
    return tmp_path / "old", tmp_path / "new"


def test_a_version_serves_the_tables_of_the_next_one_but_migrates_them_no_more(
    database_url: str, versions: tuple[Path, Path]
) -> None:
    """While the next version is rolled out, and after a rollback, the old one works; `migrate` of it is refused."""
    old, new = versions
    with opened(database_url) as engine:
        upgrade(engine, old)
        assert [is_current(engine, scripts) for scripts in versions] == [True, False]
        upgrade(engine, new)
        with structlog.testing.capture_logs() as logs:
            assert [is_current(engine, scripts) for scripts in versions] == [True, True]
            assert is_current(engine, old)
        # Only once: health checks ask every few seconds.
        assert logs == [{"event": "database_newer", "revision": "0002", "known": "0001", "log_level": "warning"}]
        with pytest.raises(NewerDatabase, match=r"\(to 0002\).*nothing was changed; use the newer version"):
            upgrade(engine, old)


@pytest.mark.postgresql
def test_a_migration_gives_up_soon_where_a_table_is_in_use(postgresql_url: str, versions: tuple[Path, Path]) -> None:
    """Statements that come later wait behind a migration that waits for a table, but no longer than it waits."""
    old, new = versions
    with opened(postgresql_url) as engine, ThreadPoolExecutor(2) as pool:
        upgrade(engine, old)
        with engine.connect() as long_transaction:
            long_transaction.execute(text("SELECT title FROM books"))
            migration = pool.submit(upgrade, engine, new)
            while not waits_for_a_lock(engine):
                assert not migration.done()
            began = time.monotonic()
            with engine.begin() as page:
                page.execute(text("INSERT INTO books VALUES ('Emma')"))
            waited = time.monotonic() - began
            with pytest.raises(MigrationBlocked, match="Nothing was changed; run `migrate` again"):
                migration.result()
        assert waited < LOCK_SECONDS + 1
        assert not is_current(engine, new)
        upgrade(engine, new)
        assert is_current(engine, new)


def waits_for_a_lock(engine: Engine) -> bool:
    with engine.connect() as connection:
        waiting = "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_class ON relation = pg_class.oid WHERE NOT granted)"
        return bool(connection.execute(text(waiting)).scalar())


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()
