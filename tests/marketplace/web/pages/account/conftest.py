"""A shop with tight limits."""

from pathlib import Path

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Attempt, Limit, Limiter
from tests.marketplace.browser import DAY, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put


@pytest.fixture
def recommender() -> FakeRecommender:
    """Records the readers of its requests."""
    return FakeRecommender()


@pytest.fixture
def app(store: Store, recommender: FakeRecommender, tmp_path: Path) -> Flask:
    """A shop with one book; an account has three attempts to sign in a day, an address five."""
    put(store, Book(id=7, title="Dune"))
    limits = {
        **LIMITS,
        Attempt.SIGN_IN_BY_ADDRESS: Limit(5, DAY),
        Attempt.SIGN_IN_BY_EMAIL: Limit(3, DAY),
        Attempt.PASSWORD_BY_READER: Limit(2, DAY),
        Attempt.SIGN_UP_BY_ADDRESS: Limit(4, DAY),
    }
    return create_app(
        Settings(data_dir=tmp_path),
        recommender,
        store=store,
        passwords=quick_passwords(),
        limiter=Limiter(limits),
    )
