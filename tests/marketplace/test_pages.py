"""Tests of marketplace.app and marketplace.pages, through Flask's test client."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from marketplace.app import create_app
from marketplace.domain import (
    Book,
    Category,
    InteractionKind,
    Money,
    Reason,
    ReasonKind,
    RecommenderRefused,
    RecommenderUnavailable,
    ShelfRequest,
)
from marketplace.settings import Settings
from marketplace.store import Store
from tests.marketplace.fakes import FakeRecommender, because_of, shelf

BREAK = "Recommendations are taking a short break."
BOOKS = [
    *(Book(id=n, title=f"Mystery {n}", categories=(Category.MYSTERY,)) for n in range(1, 13)),
    Book(
        id=20,
        title="Dune",
        authors=("Frank Herbert",),
        year=-44,
        isbn="978",
        categories=(Category.SCIENCE_FICTION,),
        subjects=("deserts",),
        description="Spice.",
        price=Money(999, "EUR"),
        stock=3,
    ),
    Book(id=21, title="Hyperion", categories=(Category.SCIENCE_FICTION,), picture="https://a.org/h.jpg"),
]

Opened = Callable[..., FlaskClient]


@pytest.fixture
def recommender() -> FakeRecommender:
    """Recommends two shelves."""
    return FakeRecommender(
        shelf(20, 21, name="list-1", reason=because_of("Emma", "Ulysses", "Third")), shelf(1, 2, name="list-2")
    )


@pytest.fixture
def app(sqlite_store: Store, recommender: FakeRecommender, tmp_path: Path) -> Flask:
    """The shop over a small catalogue."""
    with sqlite_store.write() as work:
        work.books.put(BOOKS)
        work.history.add([(1, 21), (2, 21), (1, 5)])
        work.books.recount_readers()
        work.commit()
    return create_app(Settings(data_dir=tmp_path), recommender, store=sqlite_store)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser that has never been here."""
    return app.test_client()


def page(client: FlaskClient, path: str = "/", status: int = 200) -> str:
    """The text of a page, in its words rather than its markup's."""
    response = client.get(path)
    assert response.status_code == status
    return unescape(re.sub(r"\s+", " ", response.text))


def links(html: str) -> list[str]:
    """Where the cards lead, in order."""
    return re.findall(r'href="(/books/[^"]+)" rel="nofollow"', html)


def events(store: Store) -> list[tuple[str, int, int, InteractionKind, str]]:
    """What waits in the outbox."""
    with store.read() as work:
        found = [row.interaction() for row in work.outbox.waiting(100)]
    return [(each.id, each.reader_id, each.book_id, each.kind, each.recommendation_id) for each in found]


def test_the_home_page_shows_both_shelves(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The recommended books in order, each with its reason and a link that names its list, from one call."""
    html = page(visitor)
    assert "<title>Online Books For You</title>" in html
    assert html.count("<h1") == 1
    assert "Picked for you" in html
    assert "Mystery books you may like" in html
    assert links(html) == [
        "/books/20?from=list-1",
        "/books/21?from=list-1",
        "/books/1?from=list-2",
        "/books/2?from=list-2",
    ]
    assert "Because you know <cite>Emma</cite> and <cite>Ulysses</cite>" in html
    assert "Third" not in html
    assert "€9.99" in html
    assert BREAK not in html
    assert recommender.asked == [(0, (ShelfRequest(None, 10), ShelfRequest(Category.MYSTERY, 10)))]


@pytest.mark.parametrize(
    ("kind", "words"), [(ReasonKind.POPULAR, "Popular with readers"), (ReasonKind.NEW, "New here")]
)
def test_what_is_not_personal_is_not_called_so(
    visitor: FlaskClient, recommender: FakeRecommender, kind: ReasonKind, words: str
) -> None:
    """A visitor without history reads that these books are popular or new."""
    recommender.answer = [shelf(20, reason=Reason(kind)), shelf()]
    html = page(visitor)
    assert words in html
    assert "Popular with our readers" in html
    assert "Picked for you" not in html


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ReasonKind.SAME_AUTHOR, "By an author of <cite>Emma</cite>"),
        (ReasonKind.SAME_SUBJECT, "In the vein of <cite>Emma</cite>"),
    ],
)
def test_what_lies_in_what_the_reader_knows_is_personal(
    visitor: FlaskClient, recommender: FakeRecommender, kind: ReasonKind, words: str
) -> None:
    """A shelf by the author or on the subject of a book that the reader knows is picked for them, and says why."""
    recommender.answer = [shelf(20, reason=Reason(kind, ("Emma",))), shelf()]
    html = page(visitor)
    assert words in html
    assert "Picked for you" in html


def test_a_book_like_another_says_so(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The reason names the book that it is like."""
    recommender.answer = [shelf(20, reason=Reason(ReasonKind.LIKE_THIS_BOOK, ("Emma",))), shelf()]
    assert "Readers of <cite>Emma</cite> also read it" in page(visitor)


@pytest.mark.parametrize("reason", [None, *map(Reason, ReasonKind)])
def test_no_reason_breaks_a_page(visitor: FlaskClient, recommender: FakeRecommender, reason: Reason | None) -> None:
    """A card without a reason, or with one that names no book, is a card, and has no empty line."""
    recommender.answer = [shelf(20, reason=reason), shelf()]
    html = page(visitor)
    assert links(html)[0] == "/books/20?from=list-1"
    assert not re.search(r'class="reason">\s*<', html)


def test_another_category_can_be_chosen(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The page links to every category that has books, and shows the one asked for."""
    assert 'href="/?category=science-fiction#shelf"' in page(visitor)
    assert "Science Fiction books you may like" in page(visitor, "/?category=science-fiction")
    assert recommender.asked[-1][1][1] == ShelfRequest(Category.SCIENCE_FICTION, 10)
    assert 'href="/?category=romance#shelf"' not in page(visitor)


@pytest.mark.parametrize(
    "path", ["/?category=gothic", "/?category=romance", "/?category=Mystery", "/no", "/books/99"]
)
def test_what_does_not_exist_has_a_friendly_page(visitor: FlaskClient, path: str) -> None:
    """Unknown and empty categories, pages and books are answered 404 in the shop's design."""
    html = page(visitor, path, 404)
    assert "We have no such page" in html
    assert "shop.css" in html


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "99999999999999999999", "x", "1.0"])
def test_ids_that_no_book_can_have_are_not_found(visitor: FlaskClient, number: str) -> None:
    """Nothing that is not a positive int32 reaches the database."""
    page(visitor, f"/books/{number}", 404)


def test_recommended_books_that_the_shop_does_not_know_are_dropped(
    visitor: FlaskClient, recommender: FakeRecommender
) -> None:
    """A card is never made of what the catalogue lacks."""
    recommender.answer = [shelf(777, 20), shelf(888, 1)]
    assert links(page(visitor)) == ["/books/20?from=list-1", "/books/1?from=list-1"]


def test_an_empty_answer_is_filled_with_best_sellers(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """A Recommendations without books leaves no empty shelf, and no book stands on both."""
    recommender.answer = [shelf(), shelf()]
    html = page(visitor)
    found = links(html)
    assert found[:3] == ["/books/21?from=shop", "/books/5?from=shop", "/books/1?from=shop"]
    assert len(found) == len(set(found)) == 13
    assert BREAK not in html


@pytest.mark.parametrize("error", [RecommenderUnavailable("down"), RecommenderRefused("no")])
def test_without_recommendations_the_shop_shows_its_best_sellers(
    visitor: FlaskClient, recommender: FakeRecommender, error: RecommenderUnavailable
) -> None:
    """The page is served, says so, and is ordered by readers."""
    page(visitor)
    recommender.error = error
    html = page(visitor)
    assert f"{BREAK} Here are our best-sellers." in html
    assert links(html)[:2] == ["/books/21?from=shop", "/books/5?from=shop"]
    assert "Picked for you" not in html


def test_a_reader_sees_their_last_shelf_during_an_outage(
    visitor: FlaskClient, app: Flask, recommender: FakeRecommender
) -> None:
    """The last good answer is for this reader and this category alone, and labelled."""
    visitor.get("/books/20?from=list-1")
    before = links(page(visitor))
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor)
    assert f"{BREAK} This is your shelf from a moment ago." in html
    assert links(html) == before
    assert "best-sellers" in page(visitor, "/?category=science-fiction")
    assert "best-sellers" in page(app.test_client())


def test_looking_around_leaves_no_trace(visitor: FlaskClient, sqlite_store: Store) -> None:
    """A visitor who clicked on nothing gets no cookie and no row."""
    for path in ("/", "/books/20", "/?category=science-fiction", "/nope", "/books/20?from=", "/books/20?from=<x>"):
        assert "Set-Cookie" not in visitor.get(path).headers
    assert events(sqlite_store) == []


def test_a_click_makes_a_guest(visitor: FlaskClient, sqlite_store: Store, recommender: FakeRecommender) -> None:
    """The reader, the event and the cookie are made at once, and the next page is asked for them."""
    cookie = visitor.get("/books/20?from=list-1").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" in cookie
    assert events(sqlite_store) == [
        ("click-1000000000-20-list-1", 1_000_000_000, 20, InteractionKind.CLICK, "list-1")
    ]
    response = visitor.get("/")
    assert recommender.asked[-1][0] == 1_000_000_000
    assert "Set-Cookie" not in response.headers


def test_clicks_on_the_shops_own_shelf_name_no_list(visitor: FlaskClient, sqlite_store: Store) -> None:
    """Recommendations is not credited with what it did not recommend."""
    visitor.get("/books/20?from=shop")
    assert events(sqlite_store)[0][0] == "click-1000000000-20-shop"
    assert events(sqlite_store)[0][4] == ""


def test_a_reload_is_the_same_event(visitor: FlaskClient, sqlite_store: Store) -> None:
    """The same click, or view of a day, has the same id, so that it counts once; one reader makes both."""
    for _ in range(2):
        visitor.get("/books/20?from=list-1")
        visitor.get("/books/20")
    ids = [each[0] for each in events(sqlite_store)]
    assert len(ids) == 4
    assert set(ids[:2]) == set(ids[2:])
    assert re.fullmatch(r"view-1000000000-20-\d{4}-\d\d-\d\d", ids[1])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "empty"},
    ],
)
def test_what_no_reader_opened_is_no_click(
    visitor: FlaskClient, sqlite_store: Store, headers: dict[str, str]
) -> None:
    """A browser that fetches ahead, or embeds the page, is served and not recorded."""
    response = visitor.get("/books/20?from=list-1", headers=headers)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert events(sqlite_store) == []


def test_a_head_request_is_no_click(visitor: FlaskClient, sqlite_store: Store) -> None:
    """Link checkers are not readers."""
    assert visitor.head("/books/20?from=list-1").status_code == 200
    assert events(sqlite_store) == []


def test_a_navigation_is_a_click(visitor: FlaskClient, sqlite_store: Store) -> None:
    """What browsers send with an ordinary click is recorded."""
    visitor.get("/books/20?from=list-1", headers={"Sec-Fetch-Dest": "document"})
    assert len(events(sqlite_store)) == 1


def test_a_click_on_a_book_that_is_gone_is_not_recorded(visitor: FlaskClient, sqlite_store: Store) -> None:
    """An unknown book makes no guest."""
    page(visitor, "/books/99?from=list-1", 404)
    assert events(sqlite_store) == []


def test_a_malformed_attribution_is_a_plain_view(visitor: FlaskClient, sqlite_store: Store) -> None:
    """A reader with a cookie who comes with a broken link has viewed the book."""
    visitor.get("/books/20?from=shop")
    visitor.get("/books/21?from=" + "x" * 65)
    assert events(sqlite_store)[1][3] is InteractionKind.VIEW


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


def test_a_reader_of_another_database_starts_anew(visitor: FlaskClient, sqlite_store: Store) -> None:
    """A cookie that outlived its database records no view, and the next click makes a new guest."""
    with visitor.session_transaction() as session:
        session["reader_id"] = 1_000_000_500
    visitor.get("/books/20")
    assert events(sqlite_store) == []
    visitor.get("/books/20?from=shop")
    assert events(sqlite_store)[0][1] == 1_000_000_000


def test_the_book_page_tells_what_is_known(visitor: FlaskClient) -> None:
    """All facts, with the categories as links."""
    html = page(visitor, "/books/20")
    for fact in ("<h1>Dune</h1>", "Frank Herbert", "44 BC", "deserts", "Spice.", "€9.99", "Only 3 left", "978"):
        assert fact in html
    assert 'href="/?category=science-fiction#shelf"' in html
    assert 'alt="Cover of Hyperion"' in page(visitor, "/books/21")


def test_hostile_texts_are_only_texts(
    visitor: FlaskClient, sqlite_store: Store, recommender: FakeRecommender
) -> None:
    """A title, a reason and a list's name that look like markup are shown, not obeyed."""
    hostile = '"><script>alert(1)</script>'
    with sqlite_store.write() as work:
        work.books.put([Book(id=30, title=hostile, authors=(hostile,), picture=f"https://a.org/{hostile}")])
        work.commit()
    recommender.answer = [shelf(30, name=hostile, reason=because_of(hostile)), shelf()]
    for path in ("/", "/books/30"):
        html = visitor.get(path).text
        assert "<script" not in html
        assert "&lt;script" in html
    assert "/books/30?from=shop" in links(visitor.get("/").text)


def test_a_book_page_outlives_the_bookkeeping(visitor: FlaskClient, sqlite_store: Store) -> None:
    """When the click cannot be written down the page is served all the same, and the log says so."""
    with sqlite_store.engine.connect() as connection:
        connection.execute(text("DROP TABLE outbox"))
        connection.commit()
    with structlog.testing.capture_logs() as logs:
        response = visitor.get("/books/20?from=shop")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert [log["log_level"] for log in logs] == ["error"]


def test_without_its_database_the_shop_says_so(visitor: FlaskClient, sqlite_store: Store) -> None:
    """A page that cannot be made is answered 503 in the shop's design, and the log has the reason."""
    with sqlite_store.engine.connect() as connection:
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


@pytest.mark.parametrize("path", ["/", "/books/20", "/books/21"])
def test_pages_keep_their_own_rules(visitor: FlaskClient, path: str) -> None:
    """No inline style or script that the policy would block, one h1, landmarks, and a text for every picture."""
    html = visitor.get(path).text
    assert "<script" not in html
    assert not re.search(r"\sstyle=|<style|\son\w+=", html)
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


def test_machines_learn_how_the_shop_is(
    visitor: FlaskClient, sqlite_store: Store, recommender: FakeRecommender
) -> None:
    """Alive and ready, with the outbox and the breaker; Recommendations being down does not make it unready."""
    recommender.state = "open"
    visitor.get("/books/20?from=shop")
    assert visitor.get("/healthz").text == "ok"
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["recommendations"] == {"breaker": "open"}
    assert response.json["outbox"]["waiting"] == 1
    assert response.json["outbox"]["oldest_seconds"] >= 0
    assert "Disallow: /*?from=" in visitor.get("/robots.txt").text


def test_a_database_that_is_not_migrated_is_not_ready(visitor: FlaskClient, sqlite_store: Store) -> None:
    """The load balancer sends nobody to a shop whose tables are missing or old."""
    with sqlite_store.engine.connect() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.commit()
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["database"] == "not migrated"


def test_no_other_method_is_served(visitor: FlaskClient) -> None:
    """Nothing can be posted: there are no forms yet."""
    response = visitor.post("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert "shop.css" in response.text


def test_the_next_click_renews_the_cookie(visitor: FlaskClient, sqlite_store: Store) -> None:
    """A reader who keeps coming is remembered, and stays the same one."""
    visitor.get("/books/20?from=shop")
    assert "Set-Cookie" in visitor.get("/books/21?from=shop").headers
    assert {each[1] for each in events(sqlite_store)} == {1_000_000_000}


def test_a_request_leaves_nothing_to_the_next_one(visitor: FlaskClient) -> None:
    """What a request bound to its thread's log lines goes with it."""
    visitor.get("/")
    assert structlog.contextvars.get_contextvars() == {}
