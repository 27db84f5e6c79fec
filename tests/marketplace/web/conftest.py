"""Pages are tested over SQLite: the tests of store and use cases cover what pages need of PostgreSQL."""

import pytest

from marketplace.store import Store


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty migrated store."""
    return sqlite_store
