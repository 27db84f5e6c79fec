"""Guessing passwords is limited, and keeps no owner out."""

from collections.abc import Iterable

from flask import Flask

from tests.marketplace.browser import DAY, Browser, token
from tests.marketplace.web.pages.account.session import EMAIL, PASSWORD


def sign_in(app: Flask, password: str, *, address: str, email: str = EMAIL, browser: Browser | None = None) -> int:
    """Sign in from this address, in a new browser or a given one; returns the status."""
    client = (browser or Browser(app)).client
    form = {"csrf_token": token(client.get("/account/sign-in").text), "email": email, "password": password}
    response = client.post("/account/sign-in", data=form, environ_base={"REMOTE_ADDR": address})
    if response.status_code == 429:
        assert 1 <= int(response.headers["Retry-After"]) <= DAY
        assert "Too many attempts" in response.text
        assert f'value="{email}"' in response.text
    return response.status_code


def guess(app: Flask, addresses: Iterable[int], email: str = EMAIL) -> list[int]:
    """The statuses of a wrong password from each of the addresses."""
    return [sign_in(app, "wrong horse", address=f"10.0.0.{number}", email=email) for number in addresses]


def test_wrong_passwords_from_many_addresses_are_limited(app: Flask) -> None:
    """Three with 401 here, in all spellings of the e-mail; unknown e-mails are answered in the same way."""
    Browser(app).sign_up()
    assert guess(app, range(2)) == [401, 401]
    assert guess(app, range(2, 10), email="ANN@example.com") == [401] + [429] * 7
    assert guess(app, range(20, 30), email="bob@example.com") == [401] * 3 + [429] * 7


def test_wrong_passwords_never_keep_the_owner_out(app: Flask) -> None:
    """Neither at home, nor on a new device at another address, nor where the wrong passwords come from."""
    owner = Browser(app)
    owner.sign_up()
    owner.sign_out()
    assert guess(app, [1] * 5) == [401] * 3 + [429] * 2
    assert sign_in(app, PASSWORD, address="10.0.0.2", browser=owner) == 303
    owner.sign_out()
    assert sign_in(app, PASSWORD, address="10.0.0.3") == 303
    guess(app, range(4, 30))
    assert sign_in(app, PASSWORD, address="10.0.0.40") == 303
    assert sign_in(app, PASSWORD, address="10.0.0.1", browser=owner) == 303


def test_an_account_under_attack_has_few_guesses_for_each_address(app: Flask) -> None:
    """After six wrong passwords here, one from each address; the right one is not looked at after it."""
    Browser(app).sign_up()
    guess(app, range(6))
    assert sign_in(app, PASSWORD, address="10.0.0.1") == 429
    guess(app, [7])
    assert sign_in(app, PASSWORD, address="10.0.0.7") == 429
    assert sign_in(app, PASSWORD, address="10.0.0.8") == 303


def test_guesses_on_a_known_device_are_limited(app: Flask) -> None:
    """They count for the device alone; when they are used up, it is like any other device."""
    owner = Browser(app)
    owner.sign_up()
    owner.sign_out()
    statuses = [sign_in(app, "wrong horse", address="10.0.0.1", browser=owner) for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert guess(app, [2, 3]) == [429, 429]


def test_a_device_is_known_for_its_own_accounts(app: Flask) -> None:
    """Signing in as Bob, or changing the cookie, gives no tries for Ann's account; deleting the data ends it."""
    Browser(app).sign_up()
    bob = Browser(app)
    bob.sign_up("bob@example.com")
    guess(app, range(6))
    bob.sign_out()
    assert sign_in(app, "wrong horse", address="10.0.0.9", browser=bob) == 429
    assert sign_in(app, PASSWORD, address="10.0.0.9", browser=bob) == 429
    assert sign_in(app, PASSWORD, address="10.0.0.10", email="bob@example.com", browser=bob) == 303
    cookie = bob.client.get_cookie("device", path="/account")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/account")
    assert "bob" not in cookie.value
    bob.send("/account/forget", password=PASSWORD)
    assert bob.client.get_cookie("device", path="/account") is None
