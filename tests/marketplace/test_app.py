"""Tests of marketplace.app, through Flask's test client."""

import re

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import text

from marketplace.domain.books import Book
from marketplace.store import Store
from tests.marketplace.fakes import FakeRecommender, because_of, shelf
from tests.marketplace.web.pages.reading import links, page


@pytest.mark.parametrize(
    "path",
    ["/categories/gothic", "/categories/romance", "/categories/Mystery", "/authors/nobody", "/no", "/books/99"],
)
def test_what_does_not_exist_has_a_friendly_page(visitor: FlaskClient, path: str) -> None:
    """Unknown and empty categories, pages and books are answered 404 in the shop's design."""
    html = page(visitor, path, 404)
    assert "Page not found" in html
    assert "shop.css" in html


def test_a_tampered_cookie_is_no_reader(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """Neither a broken signature nor nonsense gives anyone another's shelf."""
    visitor.get("/books/20?from=shop")
    cookie = visitor.get_cookie("reader")
    assert cookie is not None
    for value in (cookie.value[:-2] + "xx", "nonsense", "", "eyJyZWFkZXJfaWQiOjF9.x.y"):
        visitor.set_cookie("reader", value)
        page(visitor)
        assert recommender.asked[-1][0] == 0


@pytest.mark.parametrize("reader_id", ["1", -1, 0, 2**31, None, 1.5])
def test_a_signed_cookie_of_nonsense_is_no_reader(
    visitor: FlaskClient, recommender: FakeRecommender, reader_id: object
) -> None:
    """What an older or newer version signed cannot crash a page."""
    with visitor.session_transaction() as session:
        session["reader_id"] = reader_id
    page(visitor)
    assert recommender.asked[-1][0] == 0


def test_hostile_texts_are_only_texts(visitor: FlaskClient, store: Store, recommender: FakeRecommender) -> None:
    """A title, a reason and a list's name that look like markup are shown, not obeyed."""
    hostile = '"><script>alert(1)</script>'
    with store.write() as work:
        work.books.put([Book(id=30, title=hostile, authors=(hostile,), picture=f"https://a.org/{hostile}")])
        work.commit()
    recommender.answer = [shelf(30, name=hostile, reason=because_of(hostile)), shelf()]
    for path in ("/", "/books/30"):
        html = visitor.get(path).text
        assert "<script>" not in html
        assert "&lt;script" in html
    assert "/books/30?from=shop" in links(visitor.get("/").text)


def test_without_its_database_the_shop_says_so(visitor: FlaskClient, store: Store) -> None:
    """A page that cannot be made is answered 503 in the shop's design, and the log has the reason."""
    with store.engine.connect() as connection:
        connection.execute(text("DROP TABLE book_categories"))
        connection.commit()
    with structlog.testing.capture_logs() as logs:
        assert "closed for a moment" in page(visitor, "/", 503)
        assert "closed for a moment" in page(visitor, "/books/20", 503)
    assert len(logs) == 2


def test_an_unexpected_exception_shows_an_id_and_nothing_else(
    visitor: FlaskClient, recommender: FakeRecommender
) -> None:
    """The page and the log name the same id; the exception's words stay in the log."""
    recommender.error = ZeroDivisionError("password=hunter2")
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        response = visitor.get("/")
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert "hunter2" in str(logs[0]["exc_info"])
    assert logs[0]["trace_id"] in response.text
    assert logs[0]["trace_id"] == response.headers["X-Trace-Id"]


@pytest.mark.parametrize("path", ["/", "/books/20", "/nope", "/healthz"])
def test_every_page_is_guarded_by_headers(visitor: FlaskClient, path: str) -> None:
    """Nothing inline may run, nobody may frame the shop, and no cache shares a page."""
    headers = visitor.get(path).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"].startswith("private")
    assert len(headers["X-Trace-Id"]) == 32


@pytest.mark.parametrize(
    "path", ["/", "/books/20", "/books/21", "/categories", "/history", "/wishlist", "/account", "/account/sign-up"]
)
def test_pages_keep_their_own_rules(visitor: FlaskClient, path: str) -> None:
    """Nothing inline that the policy would block, one h1, landmarks, and a text for every picture."""
    html = visitor.get(path).text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|<style|\son\w+=", html)
    assert html.count("<h1") == 1
    assert all("alt=" in image for image in re.findall(r"<img[^>]*>", html))
    for part in ("<header", "<main", "<footer", 'class="skip"'):
        assert part in html


def test_static_files_are_kept_by_browsers(visitor: FlaskClient) -> None:
    """Their addresses carry a version, so a year is not too long."""
    found = re.search(r'href="(/static/shop\.css\?v=[0-9a-f]+)"', visitor.get("/").text)
    assert found
    response = visitor.get(found[1])
    assert response.status_code == 200
    assert "max-age=31536000" in response.headers["Cache-Control"]
    response.close()


def test_no_other_method_is_served(visitor: FlaskClient) -> None:
    """A page that is only read cannot be posted to, and says what it can."""
    response = visitor.delete("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert "shop.css" in response.text


def test_a_request_leaves_nothing_to_the_next_one(visitor: FlaskClient) -> None:
    """What a request bound to its thread's log lines goes with it."""
    visitor.get("/")
    assert structlog.contextvars.get_contextvars() == {}
