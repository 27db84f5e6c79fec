"""Forms with passwords when too many passwords are being hashed."""

from pathlib import Path

import pytest

from marketplace.app import create_app
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.usecases.accounts.passwords import Passwords
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.web.pages.account.session import EMAIL, PASSWORD


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/sign-in"])
def test_a_password_without_a_place_is_refused_for_a_moment(store: Store, tmp_path: Path, path: str) -> None:
    """429 in the shop's design with Retry-After, and other pages are served."""
    app = create_app(Settings(data_dir=tmp_path), FakeRecommender(), store=store, passwords=Passwords(places=0))
    browser = Browser(app)
    response = browser.send(path, email=EMAIL, password=PASSWORD)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "2"
    assert "Please wait a moment and try again." in response.text
    assert "<footer" in response.text
    browser.get("/")
