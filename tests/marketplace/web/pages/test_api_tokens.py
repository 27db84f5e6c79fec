"""The page on which moderators make and revoke tokens of the API."""

import re

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from marketplace.store import Store
from tests.marketplace.browser import Browser, token
from tests.marketplace.ordering import moderators_browser

PAGE = "/moderator/api-tokens"


@pytest.fixture
def moderator(app: Flask, store: Store) -> Browser:
    """A moderator's browser."""
    return moderators_browser(app, store)


def made(browser: Browser, name: str = "till") -> str:
    """A new token, which the page shows."""
    answer = browser.send(PAGE, name=name, scopes="books:read", days="30")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    match = re.search(r"bks_\w+[\w-]+", answer.text)
    assert match
    return match[0]


def reads(app: Flask, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return app.test_client().get("/api/v1/books", headers=headers).status_code


def test_a_token_is_shown_once(app: Flask, moderator: Browser) -> None:
    """It works; later the page has its name, scopes, maker and dates, and not the token."""
    assert "None yet." in moderator.get(PAGE)
    secret = made(moderator)
    page = moderator.get(PAGE)
    assert secret not in page
    assert "mod@example.com" in page
    assert "books:read" in page
    assert "never" in page
    assert reads(app, secret) == 200
    assert "never" not in moderator.get(PAGE)
    assert secret not in moderator.get("/moderator/audit")
    assert "made API token till: books:read" in moderator.get("/moderator/audit")


def test_a_token_is_revoked(app: Flask, moderator: Browser) -> None:
    """It stops at once; revoked twice, the page says so."""
    secret = made(moderator)
    (path,) = re.findall(r'action="([^"]+/revoke)"', moderator.client.get(PAGE).text)
    assert moderator.send(path, form_at=PAGE).location == PAGE
    assert reads(app, secret) == 401
    assert "Revoked token till. It no longer works." in moderator.get(PAGE)
    moderator.send(path, form_at=PAGE)
    assert "This token has been revoked already." in moderator.get(PAGE)
    assert "revoked API token till" in moderator.get("/moderator/audit")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "Enter a name"),
        ({"name": "x", "scopes": ""}, "Enter a name"),
        ({"name": "x", "scopes": "everything"}, "Enter a name"),
        ({"name": "x", "scopes": "books:read", "days": "9999999999999"}, "Enter a name"),
        ({"name": "x", "scopes": "books:read", "days": "x"}, "Enter a name"),
        ({"name": "till", "scopes": "books:read", "days": "30"}, "already is a token with this name"),
    ],
)
def test_a_form_with_a_fault_is_shown_again(moderator: Browser, fields: dict[str, str], says: str) -> None:
    """With what was typed; nothing is made."""
    made(moderator)
    answer = moderator.send(PAGE, **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{fields["name"]}"' in answer.text
    assert moderator.get(PAGE).count("/revoke") <= moderator.client.get(PAGE).text.count("/revoke") == 1


def test_the_audit_log_names_the_token(app: Flask, moderator: Browser) -> None:
    """Beside the moderator for whom it acted."""
    form = MultiDict([("csrf_token", token(moderator.client.get(PAGE).text)), ("name", "a <b>till"), ("days", "30")])
    form.update({"scopes": ["books:write", "orders:write"]})
    shown = moderator.client.post(PAGE, data=form).text
    match = re.search(r"bks_\w+[\w-]+", shown)
    assert match
    headers = {"Authorization": f"Bearer {match[0]}"}
    answer = app.test_client().put("/api/v1/books/20/stock", json={"stock": 8}, headers=headers)
    assert answer.status_code == 200
    audit = moderator.client.get("/moderator/audit").text
    assert "by API token a &lt;b&gt;till" in audit
    assert "changed book 20" in audit
