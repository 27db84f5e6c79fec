"""The activity page."""

import re

from flask import Flask

from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.stored import execute


def test_activity_is_shown_and_can_be_removed(browser: Browser) -> None:
    """Latest first; what is removed does not come back."""
    assert "Nothing yet." in browser.get("/history")
    browser.get("/books/20?from=list-1")
    browser.send("/books/21/rating", form_at="/books/21", stars="3.5")
    html = browser.get("/history")
    for words in ("You opened it from a list", "You gave it 3.5 of 5 stars", "You looked at it"):
        assert words in html
    for interaction in re.findall(r'name="interaction" value="([^"]+)"', html):
        assert (
            browser.send("/undo", form_at="/history", interaction=interaction, next="/history").location == "/history"
        )
    assert "Nothing yet." in browser.get("/history")


def test_the_history_is_private(browser: Browser, app: Flask) -> None:
    """Another reader does not see it."""
    browser.get("/books/20?from=list-1")
    other = Browser(app)
    other.get("/books/21?from=list-1")
    assert "Dune" not in other.get("/history")


def test_a_long_history_has_pages(browser: Browser) -> None:
    """Thirty on each; other page numbers are not found."""
    for book_id in range(1, 13):
        for attribution in ("a", "b", "c"):
            browser.get(f"/books/{book_id}?from={attribution}")
    assert "Page 1 of 2" in browser.get("/history")
    assert browser.get("/history?page=2").count('name="interaction"') == 6
    for nonsense in ("3", "0", "-1", "x", "1.0", "9" * 30, "²"):
        browser.get(f"/history?page={nonsense}", status=404)


def test_a_deleted_book_stays_in_the_history(browser: Browser, store: Store) -> None:
    """Without its title, and it can still be removed."""
    browser.get("/books/20?from=list-1")
    execute(store, "DELETE FROM books WHERE book_id = 20")
    other = Browser(browser.client.application)
    assert "Nothing yet." in other.get("/history")
    html = browser.get("/history")
    assert 'name="interaction"' in html
