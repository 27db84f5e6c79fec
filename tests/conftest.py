"""Fixtures for all tests, which are skipped if this machine lacks what they need."""

import functools
import itertools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
import structlog

from tests.embedded_postgresql import DATABASES, create_database, postgresql
from tests.rabbitmq import RabbitMQ, rabbitmq
from tests.system_requirements import OPTIONAL_IN_CI, REQUIREMENTS

_names = itertools.count()
_PREFIXES = ("RECOMMENDATIONS_", "MARKETPLACE_", "PAYMENTS_", "NOTICES_", "PREVIEWS_", "OTEL_")

# The machine may be busy, and the first example may compile.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


@functools.cache
def _is_available(marker: str) -> bool:
    return bool(REQUIREMENTS[marker].find())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, then with the slow tests, so that none of them is alone at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, item.get_closest_marker("slow") is None))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this machine lacks; fail it in CI, which has everything."""
    for marker, requirement in REQUIREMENTS.items():
        if item.get_closest_marker(marker) is None or _is_available(marker):
            continue
        if os.environ.get("CI") == "true" and marker not in OPTIONAL_IN_CI:
            pytest.fail(f"CI lacks {requirement.what}")
        pytest.skip(f"needs {requirement.what}")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide settings in the environment from tests."""
    for name in [name for name in os.environ if name.startswith(_PREFIXES)]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Log plain lines: structlog's default tracebacks take seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Restores logging after a test that configures it."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    structlog.configure(**config)
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: the one that TEST_POSTGRESQL_URL names, or one started for this process."""
    if named := os.environ.get("TEST_POSTGRESQL_URL"):
        yield named
        return
    with postgresql() as (url, _):
        yield url


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMQ]:
    """A RabbitMQ server for all tests of this process; tests use it through `broker`."""
    with rabbitmq() as server:
        yield server


@pytest.fixture
def broker(rabbitmq_server: RabbitMQ) -> RabbitMQ:
    """A running RabbitMQ server without the shop's queues and exchanges; a test with it has the marker `rabbitmq`."""
    if not rabbitmq_server.is_running:
        rabbitmq_server.start()
    rabbitmq_server.empty()
    return rabbitmq_server


@contextmanager
def _empty_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{os.getpid()}_{next(_names)}"
    yield create_database(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    with _empty_database(request, tmp_path) as url:
        yield url


@pytest.fixture(scope="module", params=DATABASES)
def shared_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Likewise, but one database for all tests of a module."""
    with _empty_database(request, tmp_path_factory.mktemp("database")) as url:
        yield url
