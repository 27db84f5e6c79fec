"""Signing up, in and out, and the reader of a session."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from marketplace.store import Store
from tests.marketplace.browser import Browser, token
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.web.pages.account.session import EMAIL, PASSWORD, asked_for, session_of


@pytest.fixture
def queries(store: Store) -> Iterator[list[str]]:
    """The statements sent to the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield seen
    event.remove(store.engine, "before_cursor_execute", note)


def test_signing_up_signs_in(browser: Browser, recommender: FakeRecommender) -> None:
    """The account page shows the e-mail and greets once."""
    response = browser.sign_up()
    assert (response.status_code, response.location) == (303, "/account")
    html = browser.get("/account")
    assert "Your account is ready" in html
    assert "signed in as ann@example.com" in html
    assert "Your account is ready" not in browser.get("/account")
    assert asked_for(browser, recommender) == session_of(browser)["reader_id"]


def test_an_account_is_the_same_in_every_browser(app: Flask, recommender: FakeRecommender) -> None:
    """Signing in elsewhere identifies the same reader, until they sign out there."""
    here, there = Browser(app), Browser(app)
    here.sign_up()
    reader_id = asked_for(here, recommender)
    assert there.sign_in().status_code == 303
    assert asked_for(there, recommender) == reader_id
    assert there.sign_out().location == "/account"
    assert "You are signed out" in there.get("/account")
    assert asked_for(there, recommender) == 0
    assert asked_for(here, recommender) == reader_id


@pytest.mark.parametrize(
    ("fields", "words", "invalid"),
    [
        ({"email": "ann", "password": PASSWORD}, "Enter an e-mail address", ["email"]),
        ({"email": EMAIL, "password": "short"}, "at least 8 characters", ["password"]),
        ({"email": EMAIL, "password": "x" * 199 + "yz"}, "at most 200 characters", ["password"]),
        ({"email": EMAIL, "password": "password"}, "too common", ["password"]),
        ({}, "Enter an e-mail address", ["email", "password"]),
    ],
)
def test_an_invalid_form_is_shown_again(
    browser: Browser, fields: dict[str, str], words: str, invalid: list[str]
) -> None:
    """With 422, a summary that links to the fields, and everything typed except passwords."""
    response = browser.send("/account/sign-up", **fields)
    assert response.status_code == 422
    assert words in response.text
    assert "<title>Error:" in response.text
    assert 'role="alert"' in response.text
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', response.text) == invalid
    for field in invalid:
        described = re.search(rf'<input id="{field}"[^>]*aria-describedby="([^"]+)"', response.text)
        assert described
        assert all(f'id="{element}"' in response.text for element in described[1].split())
        assert f'<a href="#{field}">' in response.text
    if fields:
        assert f'value="{fields["email"]}"' in response.text
        assert f'value="{fields["password"]}"' not in response.text
    assert "reader_id" not in session_of(browser)


def test_an_email_that_is_taken_is_a_conflict(app: Flask) -> None:
    """409, with the error at the field."""
    Browser(app).sign_up()
    response = Browser(app).sign_up("ANN@example.com", "another password")
    assert response.status_code == 409
    assert "An account with this e-mail already exists" in response.text


def test_a_wrong_password_and_an_unknown_email_look_the_same(app: Flask) -> None:
    """401, and identical pages except for what was typed."""
    Browser(app).sign_up()
    pages = []
    for email in (EMAIL, "bob@example.com"):
        response = Browser(app).sign_in(email, "wrong horse")
        assert response.status_code == 401
        assert "WWW-Authenticate" in response.headers
        page = re.sub(r'name="csrf_token" value="[^"]+"', "", response.text).replace(email, "")
        pages.append(page)
    assert pages[0] == pages[1]
    assert "E-mail or password is incorrect" in pages[0]


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [("/books/7?from=shop", "/books/7?from=shop"), ("//evil.org", "/account"), ("https:evil.org", "/account")],
)
def test_signing_in_leads_back_within_the_shop(app: Flask, asked: str, leads_to: str) -> None:
    """To where the reader came from, also after a failed attempt, and to no other site."""
    Browser(app).sign_up()
    browser = Browser(app)
    form = browser.client.get("/account/sign-in", query_string={"next": asked}).text
    assert 'name="next"' in form
    again = browser.send("/account/sign-in", email=EMAIL, password="wrong horse", next=asked)
    assert 'name="next"' in again.text
    response = browser.send("/account/sign-in", email=EMAIL, password=PASSWORD, next=asked)
    assert response.location == leads_to
    assert Browser(app).send("/account/sign-up", email="b@example.com", password=PASSWORD, next=asked).location == (
        leads_to
    )


def test_signing_up_in_and_out_starts_a_new_session(app: Flask) -> None:
    """Nothing of the old cookie is kept, least of all the CSRF secret."""
    browser = Browser(app)
    for act in (browser.sign_up, browser.sign_out, browser.sign_in):
        browser.get("/account/sign-in", 303 if act == browser.sign_out else 200)
        browser.get("/account")
        with browser.client.session_transaction() as session:
            session["planted"] = "by somebody else"
        before = session_of(browser)["csrf_token"]
        assert act().status_code == 303
        after = session_of(browser)
        assert "planted" not in after
        assert after.get("csrf_token") != before


def test_a_guests_cookie_does_not_open_the_account(app: Flask, recommender: FakeRecommender, store: Store) -> None:
    """A copy of the guest's cookie identifies nobody once the guest has signed up."""
    browser, copier = Browser(app), Browser(app)
    browser.get("/books/7?from=shop")
    copied = browser.client.get_cookie("reader")
    assert copied is not None
    guest = asked_for(browser, recommender)
    browser.sign_up()
    copier.client.set_cookie("reader", copied.value)
    assert "signed in as" not in copier.get("/account")
    assert asked_for(browser, recommender) != guest
    copier.get("/books/7?from=shop")
    assert asked_for(copier, recommender) not in {guest, asked_for(browser, recommender)}


@pytest.mark.parametrize("leave", ["sign out", "sign in again"])
def test_a_copied_cookie_is_of_no_use_when_its_session_has_ended(app: Flask, leave: str) -> None:
    """Signing out ends the session on the server, and so does signing in again in the same browser."""
    browser, copier = Browser(app), Browser(app)
    browser.sign_up()
    form = browser.client.get("/account/password").text
    copied = browser.client.get_cookie("reader")
    assert copied is not None
    copier.client.set_cookie("reader", copied.value)
    assert "signed in as" in copier.get("/account")
    if leave == "sign out":
        browser.sign_out()
    else:
        fields = {"csrf_token": token(form), "email": EMAIL, "password": PASSWORD}
        assert browser.client.post("/account/sign-in", data=fields).status_code == 303
        assert "signed in as" in browser.get("/account")
    copier.client.set_cookie("reader", copied.value)
    assert "signed in as" not in copier.get("/account")
    copier.get("/account/export", 404)


@pytest.mark.parametrize("key", [None, "", "0" * 64, 7, ["x"]])
def test_an_account_is_not_opened_without_its_key(app: Flask, recommender: FakeRecommender, key: object) -> None:
    """A signed cookie with another session key identifies nobody."""
    browser, other = Browser(app), Browser(app)
    browser.sign_up()
    reader_id = session_of(browser)["reader_id"]
    with other.client.session_transaction() as session:
        session["reader_id"] = reader_id
        session["session_key"] = key
    assert asked_for(other, recommender) == 0
    assert "signed in as" not in other.get("/account")
    other.get("/account/export", 404)


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/sign-in"])
def test_signed_in_readers_skip_the_forms(browser: Browser, path: str) -> None:
    """They are redirected to the account page."""
    browser.sign_up()
    browser.get(path, 303)


def test_identifying_a_guest_takes_no_query(browser: Browser, queries: list[str]) -> None:
    """A guest is in the cookie; an account is looked up once per request."""
    browser.get("/books/7?from=shop")
    queries.clear()
    browser.get("/account")
    assert queries == []
    browser.sign_up()
    queries.clear()
    browser.get("/account")
    assert len([query for query in queries if "FROM accounts" in query]) == 1


def test_signing_in_is_limited_by_address(app: Flask) -> None:
    """Five attempts a day here from one address, for any number of accounts."""
    browser = Browser(app)
    for number in range(5):
        assert browser.sign_in(f"reader{number}@example.com").status_code == 401
    assert browser.sign_in("reader5@example.com").status_code == 429
    html = browser.client.get("/account/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert token
    fields = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
    elsewhere = browser.client.post("/account/sign-in", data=fields, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 401


def test_signing_up_is_limited_by_address(app: Flask) -> None:
    """Four a day here."""
    for number in range(4):
        assert Browser(app).sign_up(f"reader{number}@example.com").status_code == 303
    refused = Browser(app).sign_up()
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_hostile_input_is_escaped(browser: Browser) -> None:
    """What was typed is shown as text."""
    hostile = '"><script>alert(1)</script>'
    response = browser.send("/account/sign-up", email=hostile, password="x", next=hostile)
    assert "<script>" not in response.text
    assert "&lt;script" in response.text
