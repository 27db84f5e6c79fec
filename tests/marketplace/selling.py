"""A buyer's way through the shop, for tests of its pages."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from tests.marketplace.browser import Browser

ADDRESS = {
    "name": "Ann Reader",
    "street": "1 High Street",
    "city": "Oxford",
    "region": "",
    "postal_code": "OX1 1AA",
    "country": "GB",
}


def add_to_cart(browser: Browser, book_id: int = 20, quantity: int = 1, **fields: str) -> TestResponse:
    """Put copies of a book into the cart, from its page."""
    page = f"/books/{book_id}"
    return browser.send(f"{page}/cart", form_at=page, quantity=str(quantity), **fields)


def checkout_fields(browser: Browser) -> dict[str, str | list[str]]:
    """The fields of the checkout's form as they stand in its page, filled in."""
    html = browser.client.get("/checkout").text
    found = re.findall(r'<input type="hidden" name="(csrf_token|key|line)" value="([^"]+)"', html)
    lines = [value for name, value in found if name == "line"]
    return {**dict(found), "line": lines, **ADDRESS}


def order(browser: Browser, book_id: int = 20, quantity: int = 1, address: Mapping[str, str] = ADDRESS) -> str:
    """Order a book; returns the order's number. The browser must be signed in."""
    add_to_cart(browser, book_id, quantity)
    answer = browser.client.post("/checkout", data={**checkout_fields(browser), **address})
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.location).path.removeprefix("/orders/")
