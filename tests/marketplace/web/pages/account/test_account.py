"""The account page, a new password, the export, and deleting one's data."""

import re

import pytest
import structlog
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import execute
from tests.marketplace.web.pages.account.session import PASSWORD, asked_for, session_of

PAGES = [
    "/account",
    "/account/sign-up",
    "/account/sign-in",
    "/account/password",
    "/account/forget",
    "/account/export",
]


def test_a_new_password_signs_other_browsers_out(app: Flask, recommender: FakeRecommender) -> None:
    """This browser stays signed in; others need the new password."""
    here, there = Browser(app), Browser(app)
    here.sign_up()
    there.sign_in()
    response = here.send("/account/password", old=PASSWORD, password="battery staple")
    assert (response.status_code, response.location) == (303, "/account")
    assert "Your password has been changed" in here.get("/account")
    assert "signed in as" in here.get("/account")
    assert asked_for(there, recommender) == 0
    assert there.sign_in().status_code == 401
    assert there.sign_in(password="battery staple").status_code == 303


def test_a_refused_password_change_says_why(browser: Browser) -> None:
    """A wrong old or an invalid new password, each at its field; visitors are redirected to sign in."""
    browser.sign_up()
    wrong = browser.send("/account/password", old="wrong horse", password="battery staple")
    assert wrong.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', wrong.text) == ["old"]
    unfit = browser.send("/account/password", old=PASSWORD, password="short")
    assert unfit.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', unfit.text) == ["password"]
    browser.sign_out()
    response = browser.client.get("/account/password")
    assert (response.status_code, response.location) == (303, "/account/sign-in?next=/account/password")


def test_readers_download_their_own_data(browser: Browser) -> None:
    """Guests and accounts get a file that is not cached; visitors have none."""
    browser.get("/account/export", 404)
    browser.get("/books/7?from=shop")
    for become in (lambda: None, browser.sign_up):
        become()
        response = browser.client.get("/account/export")
        assert response.json is not None
        assert response.json["reader_id"] == session_of(browser)["reader_id"]
        assert [row["title"] for row in response.json["history"]] == ["Dune"]
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["Cache-Control"] == "no-store"


def test_a_guest_deletes_their_data(browser: Browser, store: Store) -> None:
    """After a confirmation the reader and the cookie are gone."""
    browser.get("/books/7?from=shop")
    assert "cannot be undone" in browser.get("/account/forget")
    assert browser.send("/account/forget").location == "/account"
    assert "Your data has been deleted" in browser.get("/account")
    assert "reader_id" not in session_of(browser)
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)


def test_deleting_an_account_needs_its_password(app: Flask, browser: Browser, recommender: FakeRecommender) -> None:
    """A wrong one is an error at the field; the right one signs out every browser and deletes the account."""
    browser.sign_up()
    elsewhere = Browser(app)
    elsewhere.sign_in()
    refused = browser.send("/account/forget", password="wrong horse")
    assert refused.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', refused.text) == ["password"]
    assert browser.send("/account/forget", password=PASSWORD).status_code == 303
    assert asked_for(browser, recommender) == 0
    assert asked_for(elsewhere, recommender) == 0
    assert browser.sign_in().status_code == 401


@pytest.mark.parametrize("path", ["/account/sign-out", "/account/forget", "/account/password"])
def test_visitors_cannot_use_readers_forms(browser: Browser, path: str) -> None:
    """Even with a valid token they are redirected, and nothing happens."""
    assert browser.send(path, form_at="/account/sign-in").status_code == 303


@pytest.mark.parametrize("path", PAGES)
def test_account_pages_are_not_cached(browser: Browser, path: str) -> None:
    """The Back button shows nothing after signing out."""
    browser.sign_up()
    assert browser.client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/sign-in", "/account/password", "/account/forget"])
def test_forms_work_with_password_managers(browser: Browser, path: str) -> None:
    """Each field has an autocomplete purpose and a label, and allows pasting."""
    if path in {"/account/password", "/account/forget"}:
        browser.sign_up()
    html = browser.get(path)
    fields = re.findall(r'<input id="(\w+)" name="(\w+)" type="(\w+)" autocomplete="([\w-]+)"', html)
    assert fields
    assert {field[3] for field in fields} <= {"username", "current-password", "new-password"}
    assert all(field[3].endswith("password") == (field[2] == "password") for field in fields)
    assert all(f'<label for="{field[0]}">' in html for field in fields)
    assert "onpaste" not in html
    assert html.count("<h1") == 1


def test_guessing_the_password_of_an_open_session_is_limited(browser: Browser) -> None:
    """By either form that asks for the password."""
    browser.sign_up()
    assert browser.send("/account/password", old="guess 1", password="battery staple").status_code == 422
    assert browser.send("/account/forget", password="guess 2").status_code == 422
    assert browser.send("/account/forget", password=PASSWORD).status_code == 429
    assert browser.send("/account/password", old=PASSWORD, password="battery staple").status_code == 429


def test_without_the_database_accounts_are_unavailable(browser: Browser, store: Store) -> None:
    """The shop is closed, rather than treating an account as a visitor."""
    browser.sign_up()
    execute(store, "DROP TABLE accounts")
    assert "closed for a moment" in browser.get("/account", 503)
    assert "closed for a moment" in browser.get("/", 503)


def test_a_fault_in_a_query_is_no_outage(browser: Browser, store: Store) -> None:
    """The page says that the error was logged, not that the shop is closed; its header needs no query."""
    browser.sign_up()

    @event.listens_for(store.engine, "before_cursor_execute")
    def _fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "accounts" in statement:
            raise IntegrityError(statement, None, ValueError("a constraint"))

    with structlog.testing.capture_logs() as logs:
        html = browser.get("/account", 500)
    event.remove(store.engine, "before_cursor_execute", _fail)
    assert "The error has been logged" in html
    assert "a constraint" not in html
    assert [log["event"] for log in logs] == ["unexpected_exception"]


def test_the_page_layout_can_be_rendered_without_the_database(app: Flask, store: Store) -> None:
    """Templates see nobody signed in, so that the error page can be rendered."""
    browser = Browser(app)
    browser.sign_up()
    cookie = browser.client.get_cookie("reader")
    assert cookie is not None
    execute(store, "DROP TABLE accounts")
    with app.test_request_context("/", headers={"Cookie": f"reader={cookie.value}"}):
        template = app.jinja_env.from_string("{{ current_account() }} {{ current_reader() }}")
        assert template.render() == "None 0"
