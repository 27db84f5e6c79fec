"""The book page."""

import re
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.limits import Limit
from marketplace.domain.recommendations import Reason, ReasonKind
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY, Browser
from tests.marketplace.fakes import FakeRecommender, recommended
from tests.marketplace.stored import execute, put, sent
from tests.marketplace.web.pages.reading import links, page


def test_the_book_page_shows_all_attributes(visitor: FlaskClient) -> None:
    """All attributes, with the categories as links."""
    html = page(visitor, "/books/20")
    for text in ("<h1>Dune</h1>", "Frank Herbert", "44 BC", "deserts", "Spice.", "€9.99", "Only 3 left", "978"):
        assert text in html
    assert 'href="/categories/science-fiction"' in html
    assert 'alt="Cover of Hyperion"' in page(visitor, "/books/21")


def facts(html: str) -> dict[str, str]:
    """The list of a book's facts: terms and their descriptions."""
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", html))


@pytest.mark.parametrize("isbn", ["9780441013593", "0-441-01359-7", '="0441013597"'])
def test_an_isbn_is_shown_in_both_lengths(visitor: FlaskClient, store: Store, isbn: str) -> None:
    """However the catalogue has it; the preview has the longer one."""
    put(store, Book(id=30, title="Dune", isbn=isbn))
    html = page(visitor, "/books/30")
    assert facts(html) == {"ISBN": "9780441013593", "ISBN-10": "0441013597"}
    assert '<meta property="book:isbn" content="9780441013593">' in html


def test_an_isbn_without_a_short_form_is_shown_once(visitor: FlaskClient, store: Store) -> None:
    """Likewise what is no valid ISBN, as it is; without one there is no line."""
    for isbn in ("9791090636071", "B00ZV9PXP2", ""):
        put(store, Book(id=30, title="Dune", isbn=isbn))
        assert facts(page(visitor, "/books/30")) == ({"ISBN": isbn} if isbn else {})


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
    """In one call, and links name the list; during an outage the category's best-sellers are shown."""
    recommender.similar_answer = recommended(
        21, name="like-20", reason=Reason(ReasonKind.LIKE_THIS_BOOK, ((20, "Dune"),))
    )
    html = page(visitor, "/books/20")
    assert "Readers of this book also like" in html
    assert links(html) == ["/books/21?from=like-20"]
    assert (recommender.asked_similar, recommender.asked) == ([(20, 0)], [])
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor, "/books/20")
    assert "Popular in Science Fiction books" in html
    assert links(html) == ["/books/21?from=shop"]


def test_browsing_creates_no_reader(visitor: FlaskClient, store: Store) -> None:
    """No row is written, and the only cookie is the CSRF token's."""
    for path in ("/", "/categories", "/search", "/nope", "/history", "/wishlist"):
        assert "Set-Cookie" not in visitor.get(path).headers, path
    for path in ("/books/20", "/books/20?from=", "/books/20?from=<x>"):
        visitor.get(path)
        with visitor.session_transaction() as session:
            assert set(session) == {"csrf_token"}
    assert sent(store) == []
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)


def test_a_click_creates_a_guest(visitor: FlaskClient, store: Store, recommender: FakeRecommender) -> None:
    """The reader, the event and the cookie, and the next page is recommended for them."""
    cookie = visitor.get("/books/20?from=list-1").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" in cookie
    (click,) = sent(store)
    assert (click.reader_id, click.book_id, click.kind) == (1_000_000_000, 20, InteractionKind.CLICK)
    assert click.recommendation_id == "list-1"
    visitor.get("/")
    assert recommender.asked[-1][0] == 1_000_000_000


def test_clicks_on_the_shops_own_shelf_have_no_attribution(visitor: FlaskClient, store: Store) -> None:
    """Recommendations is not credited with them."""
    visitor.get("/books/20?from=shop")
    assert sent(store)[0].recommendation_id == ""


def test_a_reload_is_the_same_event(visitor: FlaskClient, store: Store) -> None:
    """The same click, or a second view on the same day, is recorded once."""
    for _ in range(2):
        visitor.get("/books/20?from=list-1")
        visitor.get("/books/20")
    assert [interaction.kind for interaction in sent(store)] == [InteractionKind.CLICK, InteractionKind.VIEW]


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
def test_prefetched_and_embedded_pages_are_not_clicks(
    visitor: FlaskClient, store: Store, headers: dict[str, str]
) -> None:
    """Nor are clicks on other sites; the page is served, and nothing is recorded."""
    response = visitor.get("/books/20?from=list-1", headers=headers)
    assert response.status_code == 200
    assert sent(store) == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_shared_link_is_a_view_not_a_click(visitor: FlaskClient, store: Store, site: str) -> None:
    """Actions there are not credited to another reader's list."""
    visitor.get("/books/21?from=shop")
    html = visitor.get("/books/20?from=list-1", headers={"Sec-Fetch-Site": site}).text
    assert [(interaction.book_id, interaction.kind) for interaction in sent(store)][1:] == [
        (20, InteractionKind.VIEW)
    ]
    assert 'name="from" value="list-1"' not in html
    assert 'name="from" value="list-1"' in visitor.get("/books/20?from=list-1").text


def test_a_head_request_is_not_a_click(visitor: FlaskClient, store: Store) -> None:
    """Link checkers are not readers."""
    assert visitor.head("/books/20?from=list-1").status_code == 200
    assert sent(store) == []


def test_a_navigation_is_a_click(visitor: FlaskClient, store: Store) -> None:
    """The headers of an ordinary click count."""
    visitor.get("/books/20?from=list-1", headers={"Sec-Fetch-Dest": "document"})
    assert len(sent(store)) == 1


def test_a_click_on_an_unknown_book_is_not_recorded(visitor: FlaskClient, store: Store) -> None:
    """No guest is created."""
    page(visitor, "/books/99?from=list-1", 404)
    assert sent(store) == []


def test_a_malformed_attribution_is_a_plain_view(visitor: FlaskClient, store: Store) -> None:
    """A broken link of a known reader counts as a view."""
    visitor.get("/books/20?from=shop")
    visitor.get("/books/21?from=" + "x" * 65)
    assert sent(store)[1].kind is InteractionKind.VIEW


def test_a_reader_unknown_to_the_database_becomes_a_new_guest(visitor: FlaskClient, store: Store) -> None:
    """No view is recorded, and the next click creates a guest."""
    with visitor.session_transaction() as session:
        session["reader_id"] = 1_000_000_500
    visitor.get("/books/20")
    assert sent(store) == []
    visitor.get("/books/20?from=shop")
    assert sent(store)[0].reader_id == 1_000_000_000


def test_the_next_click_renews_the_cookie(visitor: FlaskClient, store: Store) -> None:
    """The reader stays the same."""
    visitor.get("/books/20?from=shop")
    assert "Set-Cookie" in visitor.get("/books/21?from=shop").headers
    assert {interaction.reader_id for interaction in sent(store)} == {1_000_000_000}


def test_a_book_page_is_served_when_the_click_cannot_be_recorded(visitor: FlaskClient, store: Store) -> None:
    """The failure is logged."""
    execute(store, "DROP TABLE outbox")
    with structlog.testing.capture_logs() as logs:
        response = visitor.get("/books/20?from=shop")
    assert response.status_code == 200
    with visitor.session_transaction() as session:
        assert "reader_id" not in session
    assert [log["log_level"] for log in logs] == ["error"]


def limited(store: Store, recommender: FakeRecommender, tmp_path: Path, **limits: int) -> Flask:
    """The shop with other limits, of a day, than the ones that it has."""
    changed = {Attempt[name]: Limit(times, DAY) for name, times in limits.items()}
    settings = Settings(data_dir=tmp_path)
    return create_app(settings, recommender, store=store, limiter=Limiter({**LIMITS, **changed}))


def test_clients_without_cookies_create_a_limited_number_of_guests(
    app: Flask, store: Store, recommender: FakeRecommender, tmp_path: Path
) -> None:
    """Of one network; pages are served all the same, guests are recorded all the same, and forms get 429."""
    shop = limited(store, recommender, tmp_path, GUEST_BY_ADDRESS=2)
    guest = shop.test_client()
    for client in (guest, *(shop.test_client() for _ in range(5))):
        assert client.get("/books/20?from=list-1").status_code == 200
    assert {interaction.reader_id for interaction in sent(store)} == {1_000_000_000, 1_000_000_001}
    guest.get("/books/21?from=list-1")
    assert sent(store)[-1].book_id == 21
    # Neither a form, nor the cookie of a reader that was deleted, makes another guest.
    recorded = len(sent(store))
    for path, fields in (("wish", {}), ("rating", {"stars": "5"}), ("not-interested", {}), ("cart", {})):
        browser = Browser(shop)
        refused = browser.send(f"/books/20/{path}", form_at="/books/20", **fields)
        assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
        with browser.client.session_transaction() as session:
            session["reader_id"] = 1_000_000_500
        assert browser.client.get("/books/20?from=list-1").status_code == 200
    assert len(sent(store)) == recorded
    elsewhere = shop.test_client()
    elsewhere.get("/books/20?from=list-1", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert sent(store)[-1].reader_id == 1_000_000_002


def test_openings_of_one_reader_are_recorded_up_to_a_limit(
    app: Flask, store: Store, recommender: FakeRecommender, tmp_path: Path
) -> None:
    """A link with another list is another click, and anybody can write such links."""
    client = limited(store, recommender, tmp_path, OPENING_BY_READER=3).test_client()
    for number in range(9):
        assert client.get(f"/books/20?from=list-{number}").status_code == 200
    assert len(sent(store)) == 1 + 3


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "99999999999999999999", "x", "1.0"])
def test_impossible_book_ids_are_not_found(visitor: FlaskClient, number: str) -> None:
    """Only positive int32 values reach the database."""
    page(visitor, f"/books/{number}", 404)


def test_readers_ratings_are_averaged(browser: Browser, app: Flask) -> None:
    """Over all readers."""
    assert "No ratings yet" in browser.get("/books/20")
    browser.send("/books/20/rating", form_at="/books/20", stars="4.5")
    assert "4.5 of 5 from 1 rating" in browser.get("/books/20")
    Browser(app).send("/books/20/rating", form_at="/books/20", stars="3")
    assert "3.8 of 5 from 2 ratings" in browser.get("/books/20")
