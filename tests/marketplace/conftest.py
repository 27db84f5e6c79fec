"""Migrated stores: on both databases for what touches SQL, on SQLite alone for what only needs one."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from marketplace.store import Store, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty migrated store, once on SQLite and once on PostgreSQL."""
    with closing(open_store(database_url)) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty migrated store on SQLite."""
    with closing(open_store(f"sqlite:///{tmp_path / 'shop.db'}")) as opened:
        opened.migrate()
        yield opened
