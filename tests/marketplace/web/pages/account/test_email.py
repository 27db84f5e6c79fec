"""The pages that confirm and change an e-mail address, and signing out everywhere."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.store import Store
from marketplace.usecases.accounts.mail import ACCOUNT_PATH
from tests.marketplace.browser import Browser
from tests.marketplace.stored import notices_of
from tests.marketplace.web.pages.account.session import EMAIL, PASSWORD

NEW = "new@example.com"


def change(browser: Browser, email: str = NEW, password: str = PASSWORD) -> TestResponse:
    return browser.send("/account/email", email=email, password=password)


def send_again(browser: Browser) -> TestResponse:
    return browser.send("/account/email/confirmation", form_at="/account")


def confirm(browser: Browser, link: str) -> TestResponse:
    return browser.send("/account/confirm", form_at=link, token=link.partition("?token=")[2])


def test_an_address_is_confirmed_by_a_button(app: Flask, store: Store, browser: Browser) -> None:
    """Opening the link is not enough; the browser need not be signed in."""
    browser.sign_up()
    assert "Your e-mail address is not confirmed." in browser.get("/account")
    link = notices_of(store)[0].path
    other = Browser(app)
    for method in ("GET", "HEAD"):
        assert other.client.open(link, method=method).status_code == 200
    assert "not confirmed" in browser.get("/account")
    assert "Is ann@example.com your e-mail address?" in other.get(link)
    assert confirm(other, link).location == "/account"
    assert "Your e-mail address is confirmed." in other.get("/account")
    assert "not confirmed" not in browser.get("/account")
    assert "This link does not work" in other.get(link, 404)


def test_a_confirmation_is_sent_again_a_few_times(browser: Browser, store: Store) -> None:
    """Five an hour; a confirmed address gets none."""
    browser.sign_up()
    for _ in range(11):
        send_again(browser)
    assert "We have sent several links already." in browser.get("/account")
    assert 6 <= len(notices_of(store)) <= 11
    confirm(browser, notices_of(store)[-1].path)
    before = len(notices_of(store))
    assert "Send again" not in browser.get("/account")
    browser.send("/account/email/confirmation", form_at="/account/email")
    assert len(notices_of(store)) == before


def test_an_address_is_changed(app: Flask, store: Store, browser: Browser) -> None:
    """The page shows the pending address; the new one signs in once its link was confirmed in this account."""
    browser.sign_up()
    assert change(browser).location == "/account"
    page = browser.get("/account")
    assert "We have sent a link." in page
    assert "Your address will change to new@example.com once you confirm it" in page
    assert "signed in as ann@example.com" in page
    link = notices_of(store)[-1].path
    stranger = Browser(app)
    assert "sign in to this account" in stranger.get(link, 403)
    form = {"form_at": "/account/sign-in", "token": link.partition("=")[2]}
    assert stranger.send("/account/confirm", **form).status_code == 403
    stranger.sign_up("bob@example.com")
    assert "You are signed in to another account." in stranger.get(link, 403)
    confirm(browser, link)
    assert "signed in as new@example.com" in browser.get("/account")
    assert Browser(app).sign_in(NEW).status_code == 303
    assert Browser(app).sign_in(EMAIL).status_code == 401
    last = notices_of(store)[-1]
    assert (last.kind, last.to, last.path) == ("email_changed", EMAIL, "/account")


def test_a_taken_address_is_answered_like_a_free_one(app: Flask, store: Store, browser: Browser) -> None:
    """Only who reads its mail and is signed in learns that it is taken, and nothing changes."""
    Browser(app).sign_up("bob@example.com")
    browser.sign_up()
    answers = []
    for email in (NEW, "bob@example.com"):
        location = change(browser, email).location
        page = re.sub(r'name="csrf_token" value="[^"]+"', "", browser.get("/account"))
        answers.append((location, page.replace(email, "")))
    assert answers[0] == answers[1]
    taken = confirm(browser, notices_of(store)[-1].path)
    assert taken.status_code == 409
    assert "An account with this e-mail already exists" in taken.text
    assert "signed in as ann@example.com" in browser.get("/account")


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("new", PASSWORD, "Enter an e-mail address"),
        (NEW, "wrong horse", "Incorrect password."),
        ("ANN@example.com", PASSWORD, "This is your address already."),
    ],
)
def test_a_refused_change_says_why(browser: Browser, email: str, password: str, words: str) -> None:
    """With what was typed, except the password; visitors are redirected to sign in."""
    browser.sign_up()
    response = change(browser, email, password)
    assert response.status_code == 422
    assert words in response.text
    assert f'value="{email}"' in response.text
    browser.sign_out()
    for refused in (
        browser.client.get("/account/email"),
        browser.send("/account/email", form_at="/account/sign-in"),
        browser.send("/account/email/confirmation", form_at="/account/sign-in"),
    ):
        assert refused.location.startswith("/account/sign-in?next=")


def test_changes_are_limited(app: Flask, store: Store, browser: Browser) -> None:
    """By wrong passwords, by mails of an account, and by mails to one address from any account."""
    browser.sign_up()
    for number in range(2):
        assert change(browser, password=f"guess {number}").status_code == 422
    assert change(browser).status_code == 429
    ann = Browser(app)
    ann.sign_in()
    statuses = [change(ann, f"new{number}@example.com").status_code for number in range(11)]
    assert statuses[:5] == [303] * 5
    assert statuses[-1] == 429
    for number in range(3):
        account = Browser(app)
        account.sign_up(f"reader{number}@example.com")
        for _ in range(4):
            change(account, "victim@example.com")
    assert 5 <= sum(notice.to == "victim@example.com" for notice in notices_of(store)) <= 10


def test_signing_out_everywhere(app: Flask, browser: Browser) -> None:
    """This browser and another one, also by copies of their cookies; another account stays signed in."""
    browser.sign_up()
    there, bob, copy = Browser(app), Browser(app), Browser(app)
    there.sign_in()
    bob.sign_up("bob@example.com")
    cookie = browser.client.get_cookie("reader")
    assert cookie
    response = browser.send("/account/sign-out-everywhere", form_at="/account")
    assert response.location == "/account"
    assert "You are signed out in all browsers." in browser.get("/account")
    copy.client.set_cookie("reader", cookie.value)
    for reader in (browser, there, copy):
        assert "signed in as" not in reader.get("/account")
    assert "signed in as bob@example.com" in bob.get("/account")


def test_a_changed_password_is_told(browser: Browser, store: Store) -> None:
    """By a mail that leads to a page of the shop."""
    browser.sign_up()
    browser.send("/account/password", old=PASSWORD, password="battery staple")
    last = notices_of(store)[-1]
    assert (last.kind, last.to, last.path) == ("password_changed", EMAIL, ACCOUNT_PATH)
    assert "signed in as" in browser.get(last.path)
