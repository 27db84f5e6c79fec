"""The search page."""

import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.store.search.search import MAX_RESULTS
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put
from tests.marketplace.web.pages.reading import links, page


def test_a_typo_is_corrected_visibly(visitor: FlaskClient) -> None:
    """The book is found, and the page shows the corrected query."""
    html = page(visitor, "/search?q=Hyperoin")
    assert links(html)[0] == "/books/21?from=shop"
    assert "Showing results for <em>hyperion</em>." in html
    assert 'value="Hyperoin"' in html


def test_a_search_without_results_shows_popular_books(visitor: FlaskClient) -> None:
    """The page says so and shows popular books; an empty search asks for words."""
    html = page(visitor, "/search?q=zzzzqqqq")
    assert "No results for “zzzzqqqq”" in html
    assert links(html)
    assert "Enter a title, an author, a subject or an ISBN above." in page(visitor, "/search")
    assert "Enter a title" in page(visitor, "/search?q=%20")


def test_results_can_be_sorted_and_paged(visitor: FlaskClient, store: Store) -> None:
    """The query stays in the links and in the form."""
    put(store, *(Book(id=100 + n, title=f"Ode {n:02}", year=1800 + n) for n in range(30)))
    html = page(visitor, "/search?q=ode&sort=newest")
    assert links(html)[0] == "/books/129?from=shop"
    next_link = re.search(r'rel="next" href="([^"]+)"', html)
    assert next_link
    assert links(page(visitor, next_link[1]))[-1] == "/books/100?from=shop"
    page(visitor, "/search?q=ode&page=3", 404)
    page(visitor, "/search?q=ode&sort=no", 404)


def test_a_truncated_result_list_says_so(visitor: FlaskClient, store: Store) -> None:
    """The heading says that these are the first results."""
    put(store, *(Book(id=1000 + n, title=f"Ode {n}") for n in range(MAX_RESULTS + 1)))
    assert f"First {MAX_RESULTS} results" in page(visitor, "/search?q=ode")
    assert links(page(visitor, f"/search?q=ode&page={MAX_RESULTS // 24}"))
    page(visitor, f"/search?q=ode&page={MAX_RESULTS // 24 + 1}", 404)


def test_markup_in_a_query_is_escaped(visitor: FlaskClient) -> None:
    """On the page and among the suggestions."""
    hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for path in (f"/search?q={hostile}", f"/search/suggest?q={hostile}"):
        response = visitor.get(path)
        assert response.status_code == 200
        assert "<script>" not in response.text


def test_suggestions_have_links(visitor: FlaskClient) -> None:
    """To a book, an author or a category."""
    assert 'href="/books/20?from=shop"' in page(visitor, "/search/suggest?q=dun")
    assert 'href="/authors/frank-herbert"' in page(visitor, "/search/suggest?q=herb")
    assert 'href="/categories/mystery"' in page(visitor, "/search/suggest?q=myst")
    assert page(visitor, "/search/suggest?q=").strip() == ""


def test_searches_are_rate_limited(store: Store, recommender: FakeRecommender, app: Flask, tmp_path: Path) -> None:
    """By address; a page without a query does not count."""
    limits = dict(LIMITS) | {Attempt.SEARCH_BY_ADDRESS: Limit(2, DAY), Attempt.SUGGEST_BY_ADDRESS: Limit(1, DAY)}
    client = create_app(Settings(data_dir=tmp_path), recommender, store=store, limiter=Limiter(limits)).test_client()
    assert [client.get("/search?q=dune").status_code for _ in range(3)] == [200, 200, 429]
    assert [client.get("/search/suggest?q=du").status_code for _ in range(2)] == [200, 429]
    response = client.get("/search?q=dune")
    assert 1 <= int(response.headers["Retry-After"]) <= DAY
    assert "Too many requests" in response.text
    assert client.get("/search").status_code == 200
