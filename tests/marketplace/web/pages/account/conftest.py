"""A shop with tight limits."""

from pathlib import Path

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put


@pytest.fixture
def recommender() -> FakeRecommender:
    """Records the readers of its requests."""
    return FakeRecommender()


@pytest.fixture
def app(store: Store, recommender: FakeRecommender, tmp_path: Path) -> Flask:
    """A shop with one book; an address has five attempts to sign in a day, an account three wrong ones with 401."""
    put(store, Book(id=7, title="Dune"))
    limits = {
        **LIMITS,
        Attempt.SIGN_IN_BY_ADDRESS: Limit(5, DAY),
        Attempt.WRONG_BY_EMAIL_LATELY: Limit(3, DAY),
        Attempt.WRONG_BY_EMAIL: Limit(6, DAY),
        Attempt.WRONG_BY_EMAIL_AND_ADDRESS: Limit(1, DAY),
        Attempt.WRONG_BY_DEVICE: Limit(2, DAY),
        Attempt.WRONG_BY_SESSION: Limit(2, DAY),
        Attempt.SIGN_UP_BY_ADDRESS: Limit(4, DAY),
    }
    return create_app(
        Settings(data_dir=tmp_path),
        recommender,
        store=store,
        passwords=quick_passwords(),
        limiter=Limiter(limits),
    )
