"""Drawn covers."""

import re

import pytest
from flask.testing import FlaskClient

from marketplace.domain.books import Book
from marketplace.store import Store
from tests.marketplace.stored import execute, put


def covers(html: str) -> list[str]:
    """The addresses of the drawn covers, in order."""
    return re.findall(r'<img src="(/covers/[^"]+)"', html)


def test_every_book_has_a_cover(visitor: FlaskClient) -> None:
    """Cards and the book's page show the same drawing; only the drawing on the page has an alt text."""
    drawn = covers(visitor.get("/").text)
    assert [address.split("-")[0] for address in drawn[:4]] == [f"/covers/{number}" for number in (20, 21, 1, 2)]
    for number, address in ((20, drawn[0]), (21, drawn[1])):
        html = visitor.get(f"/books/{number}").text
        assert covers(html)[0] == address
        assert html.count('alt="Cover of') == 1
    assert '<img src="https://a.org/h.jpg" alt=""' in html


def test_covers_are_cached_by_browsers(visitor: FlaskClient) -> None:
    """A drawing is public for a year, its headers forbid scripts, and it sets no cookie."""
    visitor.get("/books/20?from=shop")
    response = visitor.get(covers(visitor.get("/").text)[0])
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"
    assert ">DUNE</TEXT>" in response.text.upper()
    assert dict(response.headers) == {
        "Content-Type": "image/svg+xml; charset=utf-8",
        "Content-Length": str(len(response.data)),
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        # It may be shown elsewhere.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def test_a_cover_of_another_version_is_not_cached(visitor: FlaskClient) -> None:
    """An old or too new address still shows a cover, but it is not cached."""
    address = covers(visitor.get("/").text)[0]
    for version in ("0000000000", "x", "%0A"):
        response = visitor.get(f"/covers/20-{version}.svg")
        assert response.status_code == 200
        assert response.data == visitor.get(address).data
        assert response.headers["Cache-Control"] == "public, no-cache"


def test_a_book_that_is_renamed_has_another_cover(visitor: FlaskClient, store: Store) -> None:
    """The address changes with the title at once, so that no browser shows the old one."""
    before = covers(visitor.get("/books/20").text)
    put(store, Book(id=20, title="Dune Messiah"))
    assert covers(visitor.get("/books/20").text) != before


@pytest.mark.parametrize("path", ["99-0", "0-0", "-1-0", "2147483648-0", "20", "20-", "20-a/b", "x-0"])
def test_an_unknown_cover_is_not_found(visitor: FlaskClient, path: str) -> None:
    """404 in the shop's design, private and with the headers of a page."""
    response = visitor.get(f"/covers/{path}.svg")
    assert response.status_code == 404
    assert response.headers["Cache-Control"].startswith("private")
    assert response.headers["X-Frame-Options"] == "DENY"


def test_only_cached_covers_are_drawn_without_the_database(visitor: FlaskClient, store: Store) -> None:
    """Cached covers are still drawn; others get 503, which is not cached."""
    known = covers(visitor.get("/").text)[0]
    execute(store, "ALTER TABLE books RENAME TO gone")
    assert visitor.get(known).status_code == 200
    response = visitor.get("/covers/12-0.svg")
    assert response.status_code == 503
    assert response.headers["Cache-Control"].startswith("private")
