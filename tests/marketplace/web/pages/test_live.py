"""Tickets over HTTP, and which pages connect to live."""

from pathlib import Path

import pytest
from flask import Flask

from events.tickets import Tickets
from marketplace.app import create_app
from marketplace.settings import Settings, live_secret
from marketplace.store import Store
from marketplace.web.security import HEADERS
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import check_out, moderators_browser

SCRIPT = "live.js"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that name live."""
    return Settings(
        data_dir=tmp_path,
        secrets_dir=tmp_path / "secrets",
        live_url="http://live:5004/events",
        live_public_url="https://live.example/live",
    )


@pytest.fixture
def connected(app: Flask, settings: Settings, store: Store, recommender: FakeRecommender) -> Flask:
    """The same shop with live."""
    return create_app(settings, recommender, store=store, passwords=quick_passwords())


def test_a_reader_gets_a_ticket(connected: Flask, settings: Settings) -> None:
    """JSON with where to connect; no cache keeps it."""
    browser = Browser(connected)
    browser.sign_up()
    topic = f"orders/{check_out(browser)}"
    response = browser.client.get("/ticket", query_string={"topic": [topic]})
    issued = response.get_json()
    assert (issued["url"], issued["expires_in"]) == ("https://live.example/live", 300)
    assert Tickets(live_secret(settings)).read(issued["ticket"]).topics == (topic,)
    assert response.headers["Cache-Control"] == "no-store"
    assert Browser(connected).client.get("/ticket", query_string={"topic": topic}).status_code == 404
    assert browser.client.get("/ticket", query_string={"topic": "staff/orders"}).status_code == 404
    assert browser.client.get("/ticket").status_code == 400


def test_a_moderator_gets_the_staffs(connected: Flask, store: Store) -> None:
    """As long as they are one."""
    browser = moderators_browser(connected, store)
    staff = {"topic": ["staff/orders", "staff/conversations"]}
    assert browser.client.get("/ticket", query_string=staff).status_code == 200
    with store.write() as work:
        work.accounts.set_moderator(work.accounts.moderators()[0].reader_id, False)
        work.commit()
    assert browser.client.get("/ticket", query_string=staff).status_code == 404


def test_only_pages_with_topics_load_the_script(connected: Flask, store: Store) -> None:
    """The home page, which visitors share, does not; but all may connect, as the header is the same for all."""
    browser = moderators_browser(connected, store)
    order = check_out(browser)
    for path in (f"/orders/{order}", "/moderator/orders", f"/moderator/orders/{order}", "/moderator/conversations"):
        response = browser.client.get(path)
        assert SCRIPT in response.text
        assert response.headers["Content-Security-Policy"].endswith(
            "; connect-src 'self' https://live.example wss://live.example"
        )
    for path in ("/", "/orders", "/cart", "/account", "/books/20", "/moderator", "/moderator/books"):
        assert SCRIPT not in browser.client.get(path).text
    assert 'id="state" data-topic="orders/' in browser.client.get(f"/orders/{order}").text


def test_a_shop_without_live_polls(app: Flask, store: Store) -> None:
    """No script, no ticket, and pages connect to nothing else."""
    browser = moderators_browser(app, store)
    order = check_out(browser)
    response = browser.client.get(f"/orders/{order}")
    assert SCRIPT not in response.text
    assert "data-poll" in response.text
    assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert browser.client.get("/ticket", query_string={"topic": f"orders/{order}"}).status_code == 404
