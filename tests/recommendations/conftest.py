"""A migrated store, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from recommendations.store import Store
from servicekit.database.engine import open_engine
from tests.embedded_postgresql import DATABASES, MigratedDatabase


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def _migrate(url: str) -> None:
    with closing(Store(open_engine(url))) as store:
        store.migrate()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite database, which each test copies: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "recommendations.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: str) -> MigratedDatabase:
    """An empty migrated PostgreSQL database, likewise."""
    return MigratedDatabase(postgresql_server, "recommendations", _migrate)


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The engine of an empty migrated database."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.db")
        with _opened(f"sqlite:///{file}") as opened:
            yield opened
        return
    database: MigratedDatabase = request.getfixturevalue("migrated_database")
    with _opened(database.url) as opened:
        yield opened
    database.empty()


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    """The engine of a database without tables."""
    with _opened(database_url) as opened:
        yield opened


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)
