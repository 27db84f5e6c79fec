"""Migrated stores, each on both databases, and a small shop."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.store.readers import HistoryEntry
from tests.embedded_postgresql import DATABASES, MigratedDatabase
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import FakeNotices, FakeRecommender, because_of, recommended

BOOKS = [
    *(Book(id=n, title=f"Mystery {n}", categories=(Category.MYSTERY,)) for n in range(1, 13)),
    Book(
        id=20,
        title="Dune",
        authors=("Frank Herbert",),
        year=-44,
        isbn="9780441013593",
        categories=(Category.SCIENCE_FICTION,),
        subjects=("deserts",),
        description="Spice.",
        price=Money(999, "EUR"),
        stock=3,
    ),
    Book(id=21, title="Hyperion", categories=(Category.SCIENCE_FICTION,), picture="https://a.org/h.jpg"),
]


class _CachedRule(Rule):
    """A route whose code is compiled for the first app only."""

    _builders: ClassVar[dict[object, Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in self._builders:
            self._builders[key] = super()._compile_builder(append_unknown)
        return self._builders[key]


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Share compiled templates and routes between tests: compiling them takes longer than most tests."""
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": cache})
        patch.setattr(Flask, "url_rule_class", _CachedRule)
        yield


def _migrate(url: str) -> None:
    with closing(open_store(url)) as opened:
        opened.migrate()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite database, which each test copies: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "shop.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: str) -> MigratedDatabase:
    """An empty migrated PostgreSQL database, likewise."""
    return MigratedDatabase(postgresql_server, "shop", _migrate)


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty migrated store on SQLite."""
    with closing(open_store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'shop.db')}")) as opened:
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
def recommender() -> FakeRecommender:
    """Recommends two lists."""
    return FakeRecommender(
        recommended(20, 21, name="list-1", reason=because_of("Emma", "Ulysses", "Third")),
        recommended(1, 2, name="list-2"),
    )


@pytest.fixture
def notices() -> FakeNotices:
    """Notices that has nothing."""
    return FakeNotices()


@pytest.fixture
def app(store: Store, recommender: FakeRecommender, notices: FakeNotices, tmp_path: Path) -> Flask:
    """The shop over a small catalogue."""
    with store.write() as work:
        work.books.put(BOOKS)
        work.history.add([HistoryEntry(1, 21), HistoryEntry(2, 21), HistoryEntry(1, 5)])
        work.books.recount_readers()
        work.commit()
    settings = Settings(data_dir=tmp_path, secrets_dir=tmp_path / "secrets")
    return create_app(settings, recommender, store=store, passwords=quick_passwords(), notices=notices)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser that has never been here."""
    return app.test_client()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser that has never been here and can send forms."""
    return Browser(app)
