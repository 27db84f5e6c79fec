"""The reader of a browser's cookie."""

from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender

EMAIL, PASSWORD = "ann@example.com", "correct horse"


def asked_for(browser: Browser, recommender: FakeRecommender) -> int:
    """The reader for whom this browser's home page requests recommendations."""
    browser.get("/")
    return recommender.asked[-1][0]


def session_of(browser: Browser) -> dict[str, object]:
    """The contents of the cookie."""
    with browser.client.session_transaction() as session:
        return dict(session)
