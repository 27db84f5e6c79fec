"""Tests of marketplace.pages.actions."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.store import Store
from tests.marketplace.browser import Browser, token
from tests.marketplace.web.pages.reading import links, told


def test_a_rating_is_kept_changed_and_removed(browser: Browser, store: Store) -> None:
    """The page shows it, every change is told, and what was clicked on gets the credit."""
    response = browser.send("/books/20/rating", form_at="/books/20?from=list-1", stars="4.5", **{"from": "list-1"})
    assert response.status_code == 303
    assert response.location == "/books/20"
    html = browser.get("/books/20")
    assert "You gave <cite>Dune</cite> 4.5 of 5 stars." in html
    assert re.search(r'value="4.5" required checked', html)
    browser.send("/books/20/rating", form_at="/books/20", stars="2")
    html = browser.get("/books/20")
    assert re.search(r'value="2" required checked', html)
    undo = re.search(r'name="interaction" value="(rating-[0-9a-f]+)"', html)
    assert undo
    browser.send("/undo", form_at="/books/20", interaction=undo[1])
    html = browser.get("/books/20")
    assert "Removed your rating of <cite>Dune</cite>." in html
    assert " checked" not in html
    kinds = [each.kind.name for each in told(store)]
    assert kinds == ["CLICK", "RATING", "VIEW", "UNDO", "RATING", "UNDO"]
    assert told(store)[1].recommendation_id == "list-1"


@pytest.mark.parametrize("stars", ["", "0", "5.5", "4.25", "nan", "-1", "1e0", "²", "5.0"])
def test_other_stars_are_refused(browser: Browser, store: Store, stars: str) -> None:
    """Half a star to five, as the form names them; nothing is written of anything else."""
    assert browser.send("/books/20/rating", form_at="/books/20", stars=stars).status_code == 400
    assert told(store) == []


def test_not_interested_can_be_undone_at_once(browser: Browser, store: Store) -> None:
    """The next page says what was done and offers the undo, which leads back to where it was done."""
    response = browser.send("/books/20/not-interested", form_at="/books/20", next="/?x=1")
    assert response.location == "/?x=1"
    html = browser.get("/")
    assert "We will not recommend <cite>Dune</cite> to you again." in html
    undo = re.search(r'name="interaction" value="(not-interested-[0-9a-f]+)"', html)
    assert undo
    assert browser.send("/undo", form_at="/books/20", interaction=undo[1], next="/").location == "/"
    assert [each.kind.name for each in told(store)] == ["NOT_INTERESTED", "VIEW", "UNDO"]
    assert "no longer affects your recommendations" in browser.get("/")


def test_the_wishlist_holds_what_was_wished_for(browser: Browser) -> None:
    """Until it is taken off."""
    assert "Nothing yet." in browser.get("/wishlist")
    browser.send("/books/20/wish", form_at="/books/20")
    assert links(browser.get("/wishlist")) == ["/books/20?from=shop"]
    assert "Remove from wishlist" in browser.get("/books/20")
    browser.send("/books/20/unwish", form_at="/books/20")
    assert links(browser.get("/wishlist")) == []


def test_deeds_whose_pages_are_never_seen_do_not_fill_the_cookie(browser: Browser) -> None:
    """However many there were, the next page says the last three, and the browser still takes the cookie."""
    fields = {"csrf_token": token(browser.client.get("/books/20").text), "next": "/robots.txt"}
    for number in range(150):
        response = browser.client.post(f"/books/{number % 12 + 1}/wish", data=fields)
        assert response.status_code == 303
        assert len(response.headers["Set-Cookie"]) < 1000
    html = browser.get("/")
    assert re.findall(r"Added <cite>(.+?)</cite> to your wishlist", html) == ["Mystery 4", "Mystery 5", "Mystery 6"]


@pytest.mark.parametrize("deed", ["rating", "wish", "not-interested"])
def test_nothing_is_done_with_a_book_that_is_not_there(browser: Browser, store: Store, deed: str) -> None:
    """It is answered 404, and nobody becomes a guest by it."""
    assert browser.send(f"/books/99/{deed}", form_at="/books/20", stars="1").status_code == 404
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)


@pytest.mark.parametrize(
    "path", ["/books/20/rating", "/books/20/wish", "/books/20/unwish", "/books/20/not-interested", "/undo"]
)
def test_no_deed_is_done_for_a_forged_form(visitor: FlaskClient, store: Store, path: str) -> None:
    """Without the page's token nothing happens."""
    assert visitor.post(path, data={"stars": "5"}).status_code == 400
    assert told(store) == []


def test_only_ones_own_deeds_can_be_undone(browser: Browser, app: Flask, store: Store) -> None:
    """Another reader's id, or a made up one, undoes nothing and tells nothing."""
    browser.send("/books/20/wish", form_at="/books/20")
    browser.send("/books/20/not-interested", form_at="/books/20")
    theirs = told(store)[-1].id
    before = len(told(store))
    other = Browser(app)
    for interaction in (theirs, "no-such", "", "x" * 5000, "\x00", "é"):
        assert other.send("/undo", form_at="/books/20", interaction=interaction).location == "/"
        assert "This has already been removed." in other.get("/")
    assert len(told(store)) == before


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_deed_leads_out_of_the_shop(browser: Browser, elsewhere: str) -> None:
    """It leads to the book's page where the form named anything else."""
    response = browser.send("/books/20/wish", form_at="/books/20", next=elsewhere)
    assert response.location == "/books/20"
