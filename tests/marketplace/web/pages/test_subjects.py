"""A shop whose books have subjects and no categories."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.domain.books import Book
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.recommendations import RecommendationRequest
from marketplace.domain.subjects import Subject
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender, because_of, recommended
from tests.marketplace.stored import execute, put
from tests.marketplace.web.pages.reading import links, page

CPP, OWLS = Subject("cplusplus-100-percent", "C++ & <100%>"), Subject("owls", "Owls")
BOOKS = [
    *(Book(id=100 + n, title=f"Owl {n:02}", subjects=("Owls",), year=1900 + n) for n in range(30)),
    *(Book(id=300 + n, title=f"Other {n}") for n in range(30)),
    *(Book(id=200 + n, title=f"Code {n}", subjects=("C++ & <100%>", f"Chapter {n}")) for n in range(7)),
]


@pytest.fixture
def app(app: Flask, store: Store) -> Flask:
    """The shop with books on two subjects that fill a shelf, before its first page."""
    execute(store, "DELETE FROM books")
    put(store, *BOOKS)
    return app


def test_the_home_page_has_shelves_of_subjects(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """Asked for in the call of the page, with headings and links that show the names as they are."""
    recommender.answer = [recommended(201), recommended(202), recommended(105, 106), recommended(203, name="cpp")]
    html = page(visitor)
    assert [request.topic for request in recommender.asked[0][1]] == [None, None, OWLS, CPP]
    assert "Books you may like in Owls" in html
    assert "Books you may like in C++ & <100%>" in html
    assert 'href="/subjects/owls">More in Owls<' in html
    assert links(html) == [
        *("/books/201?from=list-1", "/books/202?from=list-1", "/books/105?from=list-1", "/books/106?from=list-1"),
        "/books/203?from=cpp",
    ]
    assert "&lt;100%&gt;" in visitor.get("/").text
    assert "<100%>" not in visitor.get("/").text


def test_subjects_are_listed_like_categories(visitor: FlaskClient) -> None:
    """On the home page and on the page of categories, by name."""
    for path in ("/", "/categories"):
        listed = re.search(r'<ul class="categories">.*?</ul>', page(visitor, path))
        assert listed
        assert re.findall(r'href="(.+?)">(.+?)</a>', listed[0]) == [
            ("/subjects/cplusplus-100-percent", "C++ & <100%>"),
            ("/subjects/owls", "Owls"),
        ]


def test_without_recommendations_shelves_have_best_sellers_of_the_subject(
    visitor: FlaskClient, recommender: FakeRecommender
) -> None:
    """As those of categories do; the books of the first shelf are not repeated."""
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor)
    shelf = html[html.index("Books you may like in C++") : html.index('class="browse"')]
    assert links(shelf) == [f"/books/{200 + n}?from=shop" for n in range(6)]


def test_a_subjects_page_is_sorted_and_paged(visitor: FlaskClient) -> None:
    """Like a category's; unknown subjects, orders and pages are not found."""
    html = page(visitor, "/subjects/owls?sort=newest")
    assert "<h1>Owls</h1>" in html
    assert "<title>Owls – Online Books For You</title>" in html
    assert "30 books" in html
    assert links(html)[0] == "/books/129?from=shop"
    assert links(page(visitor, "/subjects/owls?sort=newest&page=2"))[-1] == "/books/100?from=shop"
    for path in ("owls?page=3", "owls?sort=x", "Owls", "chess", "%00"):
        page(visitor, f"/subjects/{path}", 404)


def test_a_subjects_page_has_a_personal_shelf(browser: Browser, recommender: FakeRecommender) -> None:
    """For a reader, if the shop shows the subject: so few requests are kept for each reader."""
    recommender.answer = [recommended(103, reason=because_of("Owl"))]
    browser.get("/books/101?from=shop")
    html = browser.get("/subjects/owls")
    assert "Picked for you in Owls" in html
    assert links(html)[0] == "/books/103?from=list-1"
    assert recommender.asked == [(1_000_000_000, (RecommendationRequest(OWLS, 6),))]
    assert "Picked for you" not in browser.get("/subjects/chapter-1")
    assert len(recommender.asked) == 1


def test_a_reader_has_shelves_of_their_favourite_subjects(browser: Browser, recommender: FakeRecommender) -> None:
    """By the subjects of the books that they opened; the last good lists replace them in an outage."""
    recommender.answer = [recommended(203, reason=because_of("Owl")), recommended(201, name="cpp")]
    browser.get("/books/202?from=shop")
    before = browser.get("/")
    assert [request.topic for request in recommender.asked[-1][1]] == [None, CPP, None, None]
    assert "/books/201?from=cpp" in links(before)
    recommender.error = RecommenderUnavailable("down")
    assert links(browser.get("/")) == links(before)


def test_a_books_page_links_its_subjects(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """To their pages if the shop shows them, otherwise to a search; and it has the first one's best-sellers."""
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor, "/books/203")
    assert 'href="/subjects/cplusplus-100-percent">C++ & <100%></a>' in html
    assert 'href="/search?q=Chapter+3">Chapter 3</a>' in html
    assert "Popular in C++ & <100%>" in html
    assert links(html)[:2] == ["/books/200?from=shop", "/books/201?from=shop"]
