"""Book actions: rating, wishlist, dismissing and undo."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.store import Store
from tests.marketplace.browser import Browser, token
from tests.marketplace.stored import sent
from tests.marketplace.web.pages.reading import links


def test_a_rating_is_kept_changed_and_removed(browser: Browser, store: Store) -> None:
    """The page shows it, every change is sent, and the list that led there is credited."""
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
    kinds = [interaction.kind.name for interaction in sent(store)]
    assert kinds == ["CLICK", "RATING", "VIEW", "UNDO", "RATING", "UNDO"]
    assert sent(store)[1].recommendation_id == "list-1"


@pytest.mark.parametrize("stars", ["", "0", "5.5", "4.25", "nan", "-1", "1e0", "²", "5.0"])
def test_other_stars_are_refused(browser: Browser, store: Store, stars: str) -> None:
    """Only half a star to five, as the form names them, are recorded."""
    assert browser.send("/books/20/rating", form_at="/books/20", stars=stars).status_code == 400
    assert sent(store) == []


def test_not_interested_can_be_undone_at_once(browser: Browser, store: Store) -> None:
    """The next page confirms it and offers to undo it, which leads back to the same page."""
    response = browser.send("/books/20/not-interested", form_at="/books/20", next="/?x=1")
    assert response.location == "/?x=1"
    html = browser.get("/")
    assert "We will not recommend <cite>Dune</cite> to you again." in html
    undo = re.search(r'name="interaction" value="(not-interested-[0-9a-f]+)"', html)
    assert undo
    assert browser.send("/undo", form_at="/books/20", interaction=undo[1], next="/").location == "/"
    assert [interaction.kind.name for interaction in sent(store)] == ["NOT_INTERESTED", "VIEW", "UNDO"]
    assert "no longer affects your recommendations" in browser.get("/")


def test_books_are_added_to_and_removed_from_the_wishlist(browser: Browser) -> None:
    """A book stays there until it is removed."""
    assert "Nothing yet." in browser.get("/wishlist")
    browser.send("/books/20/wish", form_at="/books/20")
    assert links(browser.get("/wishlist")) == ["/books/20?from=shop"]
    assert "Remove from wishlist" in browser.get("/books/20")
    browser.send("/books/20/unwish", form_at="/books/20")
    assert links(browser.get("/wishlist")) == []


@pytest.mark.slow
def test_unseen_messages_do_not_fill_the_cookie(browser: Browser) -> None:
    """The next page shows the last three, and the cookie stays small."""
    fields = {"csrf_token": token(browser.client.get("/books/20").text), "next": "/robots.txt"}
    for number in range(150):
        response = browser.client.post(f"/books/{number % 12 + 1}/wish", data=fields)
        assert response.status_code == 303
        assert len(response.headers["Set-Cookie"]) < 1000
    html = browser.get("/")
    assert re.findall(r"Added <cite>(.+?)</cite> to your wishlist", html) == ["Mystery 4", "Mystery 5", "Mystery 6"]


@pytest.mark.parametrize("action", ["rating", "wish", "not-interested"])
def test_an_action_on_an_unknown_book_is_not_found(browser: Browser, store: Store, action: str) -> None:
    """404, and no guest is created."""
    assert browser.send(f"/books/99/{action}", form_at="/books/20", stars="1").status_code == 404
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)


@pytest.mark.parametrize(
    "path", ["/books/20/rating", "/books/20/wish", "/books/20/unwish", "/books/20/not-interested", "/undo"]
)
def test_a_forged_form_does_nothing(visitor: FlaskClient, store: Store, path: str) -> None:
    """Without the page's token nothing happens."""
    assert visitor.post(path, data={"stars": "5"}).status_code == 400
    assert sent(store) == []


def test_a_reader_can_undo_only_their_own_actions(browser: Browser, app: Flask, store: Store) -> None:
    """Another reader's id, or an invented one, undoes nothing and reveals nothing."""
    browser.send("/books/20/wish", form_at="/books/20")
    browser.send("/books/20/not-interested", form_at="/books/20")
    theirs = sent(store)[-1].id
    before = len(sent(store))
    other = Browser(app)
    for interaction in (theirs, "no-such", "", "x" * 5000, "\x00", "é"):
        assert other.send("/undo", form_at="/books/20", interaction=interaction).location == "/"
        assert "This has already been removed." in other.get("/")
    assert len(sent(store)) == before


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_action_leads_out_of_the_shop(browser: Browser, elsewhere: str) -> None:
    """Any other `next` leads to the book's page."""
    response = browser.send("/books/20/wish", form_at="/books/20", next=elsewhere)
    assert response.location == "/books/20"
