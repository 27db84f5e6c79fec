"""The cart page."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from marketplace.domain.money import Money
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.conftest import BOOKS
from tests.marketplace.ordering import add_to_cart
from tests.marketplace.stored import put

DUNE = next(book for book in BOOKS if book.id == 20)


def change(browser: Browser, book_id: int, quantity: str) -> int:
    """Change how many copies are in the cart; returns the status."""
    return browser.send(f"/cart/{book_id}", form_at="/cart", quantity=quantity).status_code


def test_a_guest_adds_a_book_to_the_cart(browser: Browser) -> None:
    """From the book's page and back to it; every page then shows that the cart is not empty."""
    assert "(not empty)" not in browser.get("/")
    answer = add_to_cart(browser, next="/books/20?from=shop")
    assert (answer.status_code, answer.location) == (303, "/books/20?from=shop")
    html = browser.get("/books/20")
    assert "Added <cite>Dune</cite> to your cart." in html
    assert "(not empty)" in html
    html = browser.get("/cart")
    assert "€9.99 each" in html
    assert "Check out" in html


def test_sending_the_form_twice_adds_one_copy(browser: Browser) -> None:
    """After a double click, or a lost answer; loading the page again makes another form."""
    for copies in (1, 2):
        html = browser.client.get("/books/20").text
        form = re.search(r'action="/books/20/cart".*?</form>', html, re.DOTALL)
        assert form
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        for _ in range(2):
            assert browser.client.post("/books/20/cart", data=fields).status_code == 303
        assert f'value="{copies}"' in browser.get("/cart")


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "\x00" * 20, "é" * 20])
def test_an_invalid_key_is_ignored(browser: Browser, key: str) -> None:
    """As a form without a key, each one adds a copy."""
    for _ in range(2):
        assert add_to_cart(browser, key=key).status_code == 303
    assert 'value="2"' in browser.get("/cart")


def test_quantities_are_changed_and_the_cart_is_emptied(browser: Browser) -> None:
    """The mark in the header disappears with the last book."""
    add_to_cart(browser, quantity=1)
    assert change(browser, 20, "3") == 303
    assert "€29.97" in browser.get("/cart")
    assert change(browser, 20, "0") == 303
    html = browser.get("/cart")
    assert "Your cart is empty." in html
    assert "(not empty)" not in html
    add_to_cart(browser)
    assert browser.send("/cart/empty", form_at="/cart").status_code == 303
    assert "Your cart is empty." in browser.get("/cart")


@pytest.mark.parametrize("quantity", ["", "-1", "100", "1.5", "²", "9" * 50, "x"])
def test_invalid_quantities_are_rejected(browser: Browser, quantity: str) -> None:
    """400, and the cart is as it was."""
    add_to_cart(browser)
    assert change(browser, 20, quantity) == 400
    assert 'value="1"' in browser.get("/cart")


def test_a_book_without_a_price_cannot_be_added_to_the_cart(browser: Browser) -> None:
    """Its page has no button, and posting the form anyway shows a message."""
    assert "Add to cart" not in browser.get("/books/21")
    answer = browser.send("/books/21/cart", form_at="/books/21")
    assert answer.status_code == 303
    assert "Hyperion</cite> is not for sale at the moment." in browser.get("/cart")


def test_a_cart_that_cannot_be_ordered_says_why_and_can_be_adjusted(browser: Browser, store: Store) -> None:
    """With too little stock there is no checkout until the cart is adjusted."""
    add_to_cart(browser, quantity=3)
    put(store, replace(DUNE, stock=1))
    html = browser.get("/cart")
    assert "Only 1 is left." in html
    assert "Check out" not in html
    assert browser.send("/cart/adjust", form_at="/cart").location == "/cart"
    html = browser.get("/cart")
    assert 'value="1"' in html
    assert "Check out" in html


def test_the_cart_is_kept_when_a_guest_signs_up(browser: Browser, app: Flask) -> None:
    """It belongs to the account, in every browser that signs in."""
    add_to_cart(browser, quantity=2)
    browser.sign_up()
    assert "€19.98" in browser.get("/cart")
    other = Browser(app)
    other.sign_in()
    html = other.get("/")
    assert "(not empty)" in html
    assert "€19.98" in other.get("/cart")


def test_carts_are_private(browser: Browser, app: Flask) -> None:
    """Another reader can neither see nor change it."""
    add_to_cart(browser)
    other = Browser(app)
    add_to_cart(other, quantity=2)
    change(other, 20, "0")
    assert "Your cart is empty." in other.get("/cart")
    assert Money(999, "EUR") == DUNE.price
    assert "€9.99 each" in browser.get("/cart")
