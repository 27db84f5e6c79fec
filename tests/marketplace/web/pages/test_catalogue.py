"""Categories, authors, and pages of lists."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.recommendations import Reason, ReasonKind, RecommendationRequest
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import FakeRecommender, because_of, recommended
from tests.marketplace.stored import put
from tests.marketplace.web.pages.reading import links, page

MANY = [
    Book(id=100 + n, title=f"Poem {n:02}", authors=("Emily Dickinson",), year=1800 + n, categories=(Category.POETRY,))
    for n in range(30)
]


@pytest.fixture
def poems(store: Store, app: Flask) -> None:
    """Thirty poems of one author."""
    put(store, *MANY)


@pytest.mark.usefixtures("poems")
@pytest.mark.parametrize("path", ["/categories/poetry", "/authors/emily-dickinson"])
def test_pages_of_a_long_list_have_no_gaps(visitor: FlaskClient, path: str) -> None:
    """Twenty-four on each; links to other pages keep the sort order."""
    first = page(visitor, f"{path}?sort=title")
    assert "30 books" in first
    assert "Page 1 of 2" in first
    next_link = re.search(r'rel="next" href="([^"]+)"', first)
    assert next_link
    second = page(visitor, next_link[1])
    assert links(first) + links(second) == [f"/books/{100 + n}?from=shop" for n in range(30)]
    page(visitor, f"{path}?page=3", 404)


@pytest.mark.usefixtures("poems")
def test_a_list_can_be_sorted(visitor: FlaskClient) -> None:
    """The sort order is selected in the form; an unknown one is not found."""
    html = page(visitor, "/categories/poetry?sort=newest")
    assert links(html)[0] == "/books/129?from=shop"
    assert re.search(r'value="newest" selected', html)
    for nonsense in ("relevance", "x", "", "1;drop table books"):
        page(visitor, f"/categories/poetry?sort={nonsense}", 404)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "9" * 40, "\u00b2", "1%00"])
def test_invalid_page_numbers_are_not_found(visitor: FlaskClient, number: str) -> None:
    """They never reach the database."""
    page(visitor, f"/categories/mystery?page={number}", 404)


def test_a_category_has_a_personal_shelf(browser: Browser, recommender: FakeRecommender) -> None:
    """One call for a reader, none for a visitor; it is left out if nothing on it is personal."""
    recommender.answer = [recommended(3, reason=because_of("Emma"))]
    assert "Picked for you in Mystery books" not in browser.get("/categories/mystery")
    assert recommender.asked == []
    browser.get("/books/20?from=shop")
    html = browser.get("/categories/mystery")
    assert "Picked for you in Mystery books" in html
    assert links(html)[0] == "/books/3?from=list-1"
    assert recommender.asked == [(1_000_000_000, (RecommendationRequest(Category.MYSTERY, 6),))]
    recommender.answer = [recommended(3, reason=Reason(ReasonKind.POPULAR))]
    assert "picked for you" not in browser.get("/categories/mystery")
    recommender.error = RecommenderUnavailable("down")
    assert "12 books" in browser.get("/categories/mystery")


def test_authors_are_linked_from_their_books(visitor: FlaskClient) -> None:
    """The author's page has the name as on the books."""
    assert 'href="/authors/frank-herbert"' in page(visitor, "/books/20")
    html = page(visitor, "/authors/frank-herbert")
    assert "<h1>Frank Herbert</h1>" in html
    assert links(html) == ["/books/20?from=shop"]


def test_all_categories_with_books_are_listed(visitor: FlaskClient) -> None:
    """By name, and no empty ones."""
    html = page(visitor, "/categories")
    assert re.findall(r'href="/categories/([^"]+)"', html) == ["mystery", "science-fiction"]
