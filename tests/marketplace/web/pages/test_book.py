"""Tests of marketplace.pages.book."""

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.recommending import Reason, ReasonKind
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender, shelf
from tests.marketplace.web.pages.reading import links, page, told


def test_the_book_page_tells_what_is_known(visitor: FlaskClient) -> None:
    """All facts, with the categories as links."""
    html = page(visitor, "/books/20")
    for fact in ("<h1>Dune</h1>", "Frank Herbert", "44 BC", "deserts", "Spice.", "€9.99", "Only 3 left", "978"):
        assert fact in html
    assert 'href="/categories/science-fiction"' in html
    assert 'alt="Cover of Hyperion"' in page(visitor, "/books/21")


def test_a_shared_link_has_a_preview(visitor: FlaskClient, store: Store) -> None:
    """Open Graph's title, address, description and picture, with whole addresses."""
    html = page(visitor, "/books/20?from=list-1")
    assert '<meta property="og:title" content="Dune">' in html
    assert '<meta property="og:type" content="book">' in html
    assert '<meta property="og:url" content="http://localhost/books/20">' in html
    assert '<meta property="og:description" content="Spice.">' in html
    assert '<link rel="canonical" href="http://localhost/books/20">' in html
    assert '<meta property="og:image" content="https://a.org/h.jpg">' in page(visitor, "/books/21")


def test_similar_books_are_asked_for_this_reader(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """In one call, and their links name the list; without an answer there are best-sellers of the same shelf."""
    recommender.similar_answer = shelf(21, name="like-20", reason=Reason(ReasonKind.LIKE_THIS_BOOK, ((20, "Dune"),)))
    html = page(visitor, "/books/20")
    assert "Readers of this book also like" in html
    assert links(html) == ["/books/21?from=like-20"]
    assert (recommender.asked_similar, recommender.asked) == ([(20, 0)], [])
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor, "/books/20")
    assert "Popular in Science Fiction books" in html
    assert links(html) == ["/books/21?from=shop"]


def test_looking_around_makes_no_reader(visitor: FlaskClient, store: Store) -> None:
    """A visitor who clicked on nothing is nobody: no row, and no cookie but that of a page with forms."""
    for path in ("/", "/categories", "/search", "/nope", "/history", "/wishlist"):
        assert "Set-Cookie" not in visitor.get(path).headers, path
    for path in ("/books/20", "/books/20?from=", "/books/20?from=<x>"):
        visitor.get(path)
        with visitor.session_transaction() as session:
            assert set(session) == {"csrf_token"}
    assert told(store) == []
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)


def test_a_click_makes_a_guest(visitor: FlaskClient, store: Store, recommender: FakeRecommender) -> None:
    """The reader, the event and the cookie are made at once, and the next page is asked for them."""
    cookie = visitor.get("/books/20?from=list-1").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" in cookie
    (click,) = told(store)
    assert (click.reader_id, click.book_id, click.kind) == (1_000_000_000, 20, InteractionKind.CLICK)
    assert click.recommendation_id == "list-1"
    visitor.get("/")
    assert recommender.asked[-1][0] == 1_000_000_000


def test_clicks_on_the_shops_own_shelf_name_no_list(visitor: FlaskClient, store: Store) -> None:
    """Recommendations is not credited with what it did not recommend."""
    visitor.get("/books/20?from=shop")
    assert told(store)[0].recommendation_id == ""


def test_a_reload_is_the_same_event(visitor: FlaskClient, store: Store) -> None:
    """The same click, or view of a day, counts once; one reader makes both."""
    for _ in range(2):
        visitor.get("/books/20?from=list-1")
        visitor.get("/books/20")
    assert [each.kind for each in told(store)] == [InteractionKind.CLICK, InteractionKind.VIEW]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_no_reader_opened_is_no_click(visitor: FlaskClient, store: Store, headers: dict[str, str]) -> None:
    """A browser that fetches ahead or embeds the page, or a link on another site, is served and not recorded."""
    response = visitor.get("/books/20?from=list-1", headers=headers)
    assert response.status_code == 200
    assert told(store) == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_shared_link_is_a_view_and_no_click(visitor: FlaskClient, store: Store, site: str) -> None:
    """A reader who comes by it has seen the book, and what they do there is not credited to another reader's list."""
    visitor.get("/books/21?from=shop")
    html = visitor.get("/books/20?from=list-1", headers={"Sec-Fetch-Site": site}).text
    assert [(each.book_id, each.kind) for each in told(store)][1:] == [(20, InteractionKind.VIEW)]
    assert 'name="from" value="list-1"' not in html
    assert 'name="from" value="list-1"' in visitor.get("/books/20?from=list-1").text


def test_a_head_request_is_no_click(visitor: FlaskClient, store: Store) -> None:
    """Link checkers are not readers."""
    assert visitor.head("/books/20?from=list-1").status_code == 200
    assert told(store) == []


def test_a_navigation_is_a_click(visitor: FlaskClient, store: Store) -> None:
    """What browsers send with an ordinary click is recorded."""
    visitor.get("/books/20?from=list-1", headers={"Sec-Fetch-Dest": "document"})
    assert len(told(store)) == 1


def test_a_click_on_a_book_that_is_gone_is_not_recorded(visitor: FlaskClient, store: Store) -> None:
    """An unknown book makes no guest."""
    page(visitor, "/books/99?from=list-1", 404)
    assert told(store) == []


def test_a_malformed_attribution_is_a_plain_view(visitor: FlaskClient, store: Store) -> None:
    """A reader with a cookie who comes with a broken link has viewed the book."""
    visitor.get("/books/20?from=shop")
    visitor.get("/books/21?from=" + "x" * 65)
    assert told(store)[1].kind is InteractionKind.VIEW


def test_a_reader_of_another_database_starts_anew(visitor: FlaskClient, store: Store) -> None:
    """A cookie that outlived its database records no view, and the next click makes a new guest."""
    with visitor.session_transaction() as session:
        session["reader_id"] = 1_000_000_500
    visitor.get("/books/20")
    assert told(store) == []
    visitor.get("/books/20?from=shop")
    assert told(store)[0].reader_id == 1_000_000_000


def test_the_next_click_renews_the_cookie(visitor: FlaskClient, store: Store) -> None:
    """A reader who keeps coming is remembered, and stays the same one."""
    visitor.get("/books/20?from=shop")
    assert "Set-Cookie" in visitor.get("/books/21?from=shop").headers
    assert {each.reader_id for each in told(store)} == {1_000_000_000}


def test_a_book_page_outlives_the_bookkeeping(visitor: FlaskClient, store: Store) -> None:
    """When the click cannot be written down the page is served all the same, and the log says so."""
    with store.engine.connect() as connection:
        connection.execute(text("DROP TABLE outbox"))
        connection.commit()
    with structlog.testing.capture_logs() as logs:
        response = visitor.get("/books/20?from=shop")
    assert response.status_code == 200
    with visitor.session_transaction() as session:
        assert "reader_id" not in session
    assert [log["log_level"] for log in logs] == ["error"]


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "99999999999999999999", "x", "1.0"])
def test_ids_that_no_book_can_have_are_not_found(visitor: FlaskClient, number: str) -> None:
    """Nothing that is not a positive int32 reaches the database."""
    page(visitor, f"/books/{number}", 404)


def test_readers_ratings_are_averaged(browser: Browser, app: Flask) -> None:
    """Over all readers; a book without ratings says so."""
    assert "No ratings yet" in browser.get("/books/20")
    browser.send("/books/20/rating", form_at="/books/20", stars="4.5")
    assert "4.5 of 5 from 1 rating" in browser.get("/books/20")
    Browser(app).send("/books/20/rating", form_at="/books/20", stars="3")
    assert "3.8 of 5 from 2 ratings" in browser.get("/books/20")
