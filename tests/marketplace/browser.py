"""A reader's browser, which sends the forms of pages with their CSRF token."""

import re
from html import unescape

from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.usecases.accounts.passwords import Passwords

# For limits of attempts. Their windows begin by the clock: in a test that runs over the end of a short one, more
# attempts are allowed.
DAY = 24 * 60 * 60


def quick_passwords(time_cost: int = 1) -> Passwords:
    """Passwords whose hashes are computed quickly, for any number of callers."""
    return Passwords(PasswordHasher(time_cost=time_cost, memory_cost=8, parallelism=1), places=1000)


def token(html: str) -> str:
    """The CSRF token of the form in a page."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert match, html
    return match[1]


class Browser:
    """One browser with its cookies."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, status: int = 200) -> str:
        """The text of a page, with entities and white space resolved."""
        response = self.client.get(path)
        assert response.status_code == status, response.status
        return unescape(re.sub(r"\s+", " ", response.text))

    def send(self, path: str, form_at: str | None = None, **fields: str) -> TestResponse:
        """Open the page of a form, fill in the fields and submit it."""
        html = self.client.get(form_at or path).text
        return self.client.post(path, data={"csrf_token": token(html), **fields})

    def sign_up(self, email: str = "ann@example.com", password: str = "correct horse") -> TestResponse:
        return self.send("/account/sign-up", email=email, password=password)

    def sign_in(self, email: str = "ann@example.com", password: str = "correct horse") -> TestResponse:
        return self.send("/account/sign-in", email=email, password=password)

    def sign_out(self) -> TestResponse:
        return self.send("/account/sign-out", form_at="/account")
