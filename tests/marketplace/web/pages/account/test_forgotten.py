"""The pages of a forgotten password."""

import re

import pytest
import structlog
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import execute, notices_of
from tests.marketplace.web.pages.account.session import EMAIL, PASSWORD, asked_for
from tests.marketplace.web.pages.account.test_guesses import guess, sign_in

ANSWER = "If there is an account with this e-mail, we have sent a link. It works for 30 minutes."


def forget_password(browser: Browser, email: str = EMAIL) -> TestResponse:
    return browser.send("/account/forgotten", email=email)


def last_link(store: Store) -> str:
    """The path of the link in the last mail."""
    return notices_of(store)[-1].path


def reset(browser: Browser, link: str, password: str = "battery staple") -> TestResponse:
    return browser.send("/account/reset", form_at=link, token=link.partition("?token=")[2], password=password)


@pytest.fixture
def link(app: Flask, store: Store) -> str:
    """Ann has an account and has requested a link."""
    Browser(app).sign_up()
    forget_password(Browser(app))
    return last_link(store)


def test_a_forgotten_password_is_reset(app: Flask, store: Store, browser: Browser) -> None:
    """From the sign-in page to a mail, and from its link to the account; other browsers are signed out."""
    elsewhere = Browser(app)
    elsewhere.sign_up()
    assert 'href="/account/forgotten"' in browser.client.get("/account/sign-in").text
    response = forget_password(browser, "ANN@example.com ")
    assert (response.status_code, response.location) == (303, "/account/sign-in")
    assert ANSWER in browser.get("/account/sign-in")
    link = last_link(store)
    assert "For the account ann@example.com." in browser.get(link)
    assert reset(browser, link).location == "/account"
    assert "You are signed in here, and signed out everywhere else." in browser.get("/account")
    assert "signed in as" not in elsewhere.get("/account")
    assert elsewhere.sign_in().status_code == 401
    assert elsewhere.sign_in(password="battery staple").status_code == 303


def test_the_answer_does_not_tell_whether_an_account_exists(app: Flask) -> None:
    """Status, headers, cookie and page are the same for a known and an unknown address, also above the limit."""
    Browser(app).sign_up()
    answers = []
    for email in (EMAIL, "bob@example.com"):
        browser = Browser(app)
        for _ in range(5):
            response = forget_password(browser, email)
            headers = {
                name: value for name, value in response.headers if name not in {"X-Trace-Id", "Set-Cookie", "Date"}
            }
            page = re.sub(r'name="csrf_token" value="[^"]+"', "", browser.client.get("/account/sign-in").text)
            answers.append((response.status_code, headers, response.text, page))
    assert all(answer == answers[0] for answer in answers)


def test_one_address_gets_few_mails(app: Flask, store: Store) -> None:
    """Three in half an hour, from whatever address they are requested, without telling; the last link works."""
    Browser(app).sign_up()
    for number in range(6):
        browser = Browser(app)
        fields = {"csrf_token": _token(browser), "email": EMAIL}
        response = browser.client.post(
            "/account/forgotten", data=fields, environ_base={"REMOTE_ADDR": f"10.0.0.{number}"}
        )
        assert response.location == "/account/sign-in"
    assert [notice.kind for notice in notices_of(store)] == ["email_confirmation", *["password_reset"] * 3]
    assert reset(Browser(app), last_link(store)).status_code == 303


def test_requests_from_one_address_are_limited(app: Flask) -> None:
    """Twenty an hour, for known and unknown e-mails alike."""
    browser = Browser(app)
    statuses = [forget_password(browser, f"reader{number}@example.com").status_code for number in range(41)]
    assert statuses[0] == 303
    assert statuses[-1] == 429
    assert 20 <= statuses.count(303) <= 40


def test_a_malformed_address_is_an_error(browser: Browser) -> None:
    """Which tells nothing about accounts."""
    response = forget_password(browser, "ann@")
    assert response.status_code == 422
    assert "Enter an e-mail address" in response.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_a_link_does_not_use_it(app: Flask, link: str, method: str) -> None:
    """Programs that check mails open links, some of them more than once."""
    for _ in range(3):
        assert app.test_client().open(link, method=method).status_code == 200
    assert reset(Browser(app), link).status_code == 303


@pytest.mark.parametrize("kind", ["used", "unknown", "malformed", "missing", "replaced"])
def test_an_invalid_link_leads_to_a_new_one(app: Flask, store: Store, link: str, kind: str) -> None:
    """One clear page, by GET and by POST."""
    browser = Browser(app)
    token = link.partition("=")[2]
    if kind == "used":
        reset(Browser(app), link)
    elif kind == "replaced":
        forget_password(browser)
    token = {"unknown": "x" * 43, "malformed": "%00é<b>", "missing": ""}.get(kind, token)
    page = browser.client.get("/account/reset", query_string={"token": token})
    sent = browser.send("/account/reset", form_at="/account/sign-in", token=token, password="battery staple")
    for response in (page, sent):
        assert response.status_code == 404
        assert "This link does not work" in response.text
        assert 'href="/account/forgotten"' in response.text
        assert "<b>" not in response.text


def test_an_unfit_password_shows_the_form_again(app: Flask, link: str) -> None:
    """With the error at its field and without the password; the link still works."""
    browser = Browser(app)
    response = reset(browser, link, "password")
    assert response.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', response.text) == ["password"]
    assert "<title>Error:" in response.text
    assert 'value="password"' not in response.text
    assert reset(browser, link).status_code == 303


def test_the_token_does_not_leak(app: Flask, store: Store, link: str) -> None:
    """The page of a link is not stored, tells no other page its address, loads nothing from elsewhere, and is not
    logged, not even when the database fails."""
    browser = Browser(app)
    token = link.partition("=")[2]
    with structlog.testing.capture_logs() as logs:
        answers = [browser.client.get(link), reset(browser, link, "short"), reset(browser, link)]
        answers.append(browser.client.get(link))
        execute(store, "DROP TABLE account_links")
        answers.append(browser.client.get(link))
    assert [answer.status_code for answer in answers] == [200, 422, 303, 404, 503]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert not re.search(r'(src|href|action)="(https?:)?//', answer.text)
        assert token not in str(answer.headers)
    assert [log["event"] for log in logs] == ["database_unavailable"]
    assert token not in str([{**log, "exc_info": repr(log["exc_info"])} for log in logs])
    for link_on_page in re.findall(r'(?:href|action|src)="([^"]*)"', answers[0].text):
        assert token not in link_on_page


def test_wrong_passwords_do_not_keep_the_owner_out_after_a_reset(app: Flask, store: Store) -> None:
    """Those of others and those of the owner are forgotten, here and on the owner's other devices."""
    Browser(app).sign_up()
    guess(app, range(10))
    guess(app, [20])
    assert sign_in(app, PASSWORD, address="10.0.0.20") == 429
    forget_password(Browser(app))
    owner = Browser(app)
    link = last_link(store)
    form = {"csrf_token": _token(owner, link), "token": link.partition("=")[2], "password": "battery staple"}
    response = owner.client.post("/account/reset", data=form, environ_base={"REMOTE_ADDR": "10.0.0.20"})
    assert response.status_code == 303
    owner.sign_out()
    assert sign_in(app, "battery staple", address="10.0.0.20", browser=owner) == 303
    assert sign_in(app, "battery staple", address="10.0.0.20") == 303


def test_a_reset_keeps_the_guests_history(app: Flask, link: str, recommender: FakeRecommender) -> None:
    """As signing in does."""
    browser = Browser(app)
    browser.get("/books/7?from=shop")
    guest = asked_for(browser, recommender)
    reset(browser, link)
    assert asked_for(browser, recommender) != guest
    assert "Dune" in browser.get("/history")


def _token(browser: Browser, path: str = "/account/forgotten") -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', browser.client.get(path).text)
    assert match
    return match[1]
