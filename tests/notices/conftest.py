"""Migrated stores, each on both databases."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from notices.channels.folder import Folder
from notices.service import Notices
from notices.store import Store, open_store
from tests.embedded_postgresql import DATABASES, MigratedDatabase
from tests.http_server import HttpServer
from tests.notices.samples import STAFF, Clock


def _migrate(url: str) -> None:
    with closing(open_store(url)) as opened:
        opened.migrate()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite database, which each test copies: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "notices.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: str) -> MigratedDatabase:
    """An empty migrated PostgreSQL database, likewise."""
    return MigratedDatabase(postgresql_server, "notices", _migrate)


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty migrated store on SQLite."""
    with closing(open_store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'notices.db')}")) as opened:
        yield opened


@pytest.fixture
def postgresql_store(migrated_database: MigratedDatabase) -> Iterator[Store]:
    """An empty migrated store on PostgreSQL."""
    with closing(open_store(migrated_database.url)) as opened:
        yield opened
    migrated_database.empty()


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest) -> Store:
    """An empty migrated store, once on SQLite and once on PostgreSQL."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened


@pytest.fixture
def clock() -> Clock:
    """A manual clock."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of mails."""
    return Folder(tmp_path / "mail")


@pytest.fixture
def notices(store: Store, folder: Folder, clock: Clock) -> Notices:
    """The use cases, with a staff that is reached by e-mail and by Telegram."""
    return Notices(store, folder, staff=STAFF, clock=clock)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """An HTTP server that answers as a test specifies."""
    with HttpServer() as running:
        yield running
