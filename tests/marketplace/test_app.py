"""What all pages have in common."""

import re

import pytest
import structlog
from flask.testing import FlaskClient

from marketplace.domain.books import Book
from marketplace.store import Store
from tests.marketplace.fakes import FakeRecommender, because_of, recommended
from tests.marketplace.stored import execute, put
from tests.marketplace.web.pages.reading import links, page


@pytest.mark.parametrize(
    "path",
    ["/categories/gothic", "/categories/romance", "/categories/Mystery", "/authors/nobody", "/no", "/books/99"],
)
def test_unknown_addresses_are_404(visitor: FlaskClient, path: str) -> None:
    """Unknown categories, authors, books and paths have a page in the shop's design."""
    html = page(visitor, path, 404)
    assert "Page not found" in html
    assert "shop.css" in html


def test_a_tampered_cookie_is_ignored(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """Its reader is anonymous."""
    visitor.get("/books/20?from=shop")
    cookie = visitor.get_cookie("reader")
    assert cookie is not None
    for value in (cookie.value[:-2] + "xx", "nonsense", "", "eyJyZWFkZXJfaWQiOjF9.x.y"):
        visitor.set_cookie("reader", value)
        page(visitor)
        assert recommender.asked[-1][0] == 0


@pytest.mark.parametrize("reader_id", ["1", -1, 0, 2**31, None, 1.5])
def test_a_signed_cookie_with_an_invalid_reader_is_ignored(
    visitor: FlaskClient, recommender: FakeRecommender, reader_id: object
) -> None:
    """Cookies of other versions cannot crash a page."""
    with visitor.session_transaction() as session:
        session["reader_id"] = reader_id
    page(visitor)
    assert recommender.asked[-1][0] == 0


def test_hostile_texts_are_escaped(visitor: FlaskClient, store: Store, recommender: FakeRecommender) -> None:
    """In titles, reasons and names of lists."""
    hostile = '"><script>alert(1)</script>'
    put(store, Book(id=30, title=hostile, authors=(hostile,), picture=f"https://a.org/{hostile}"))
    recommender.answer = [recommended(30, name=hostile, reason=because_of(hostile)), recommended()]
    for path in ("/", "/books/30"):
        html = visitor.get(path).text
        assert "<script>" not in html
        assert "&lt;script" in html
    assert "/books/30?from=shop" in links(visitor.get("/").text)


def test_without_its_database_the_shop_is_closed(visitor: FlaskClient, store: Store) -> None:
    """Status 503 with a page in the shop's design; each error is logged."""
    execute(store, "DROP TABLE book_categories")
    with structlog.testing.capture_logs() as logs:
        assert "closed for a moment" in page(visitor, "/", 503)
        assert "closed for a moment" in page(visitor, "/books/20", 503)
    assert len(logs) == 2


def test_an_unexpected_exception_shows_only_an_id(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The page and the log have the same id; the exception's text is only in the log."""
    recommender.error = ZeroDivisionError("password=hunter2")
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        response = visitor.get("/")
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert "hunter2" in str(logs[0]["exc_info"])
    assert logs[0]["trace_id"] in response.text
    assert logs[0]["trace_id"] == response.headers["X-Trace-Id"]


@pytest.mark.parametrize("path", ["/", "/books/20", "/nope", "/healthz"])
def test_every_page_has_security_headers(visitor: FlaskClient, path: str) -> None:
    """No inline code, no framing, no embedding, no devices, no shared caching."""
    headers = visitor.get(path).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"].startswith("private")
    assert len(headers["X-Trace-Id"]) == 32


@pytest.mark.parametrize(
    "path", ["/", "/books/20", "/books/21", "/categories", "/history", "/wishlist", "/account", "/account/sign-up"]
)
def test_pages_have_no_inline_code_and_valid_landmarks(visitor: FlaskClient, path: str) -> None:
    """One h1, the landmarks, and an alt text for every picture."""
    html = visitor.get(path).text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|<style|\son\w+=", html)
    assert html.count("<h1") == 1
    assert all("alt=" in image for image in re.findall(r"<img[^>]*>", html))
    for part in ("<header", "<main", "<footer", 'class="skip"'):
        assert part in html


def test_static_files_are_cached_by_version(visitor: FlaskClient) -> None:
    """Browsers may keep them for a year."""
    link = re.search(r'href="(/static/shop\.css\?v=[0-9a-f]+)"', visitor.get("/").text)
    assert link
    response = visitor.get(link[1])
    assert response.status_code == 200
    assert "max-age=31536000" in response.headers["Cache-Control"]
    response.close()


def test_unsupported_methods_are_rejected(visitor: FlaskClient) -> None:
    """405 with the allowed methods."""
    response = visitor.delete("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert "shop.css" in response.text


def test_log_context_ends_with_the_request(visitor: FlaskClient) -> None:
    """The thread's next request does not inherit it."""
    visitor.get("/")
    assert structlog.contextvars.get_contextvars() == {}
