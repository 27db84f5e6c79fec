"""The desk of these tests."""

import pytest

from marketplace.store import Store
from tests.marketplace.usecases.accounts.desk import Desk


@pytest.fixture
def desk(store: Store) -> Desk:
    """Ann has an account, on both databases."""
    return Desk(store)
