"""The home page."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.domain.categories import Category
from marketplace.domain.errors import RecommenderRefused, RecommenderUnavailable
from marketplace.domain.recommendations import Reason, ReasonKind, RecommendationRequest, Selection
from marketplace.store import Store
from tests.marketplace.browser import Browser, token
from tests.marketplace.fakes import FakeRecommender, recommended
from tests.marketplace.stored import execute
from tests.marketplace.web.pages.reading import links, page

BREAK = "Recommendations are taking a short break."


def test_the_home_page_of_a_visitor_is_one_call(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The recommended books in order, with their reasons and links that name their list."""
    html = page(visitor)
    assert "<title>Online Books For You</title>" in html
    assert html.count("<h1") == 1
    assert "Picked for you" in html
    assert links(html)[:4] == [
        "/books/20?from=list-1",
        "/books/21?from=list-1",
        "/books/1?from=list-2",
        "/books/2?from=list-2",
    ]
    assert "Because of your interest in <cite>Emma</cite> and <cite>Ulysses</cite>" in html
    assert "Third" not in html
    assert "€9.99" in html
    assert BREAK not in html
    assert recommender.asked == [
        (
            0,
            (
                RecommendationRequest(None, 12),
                RecommendationRequest(None, 6, Selection.NEW),
                RecommendationRequest(Category.MYSTERY, 6),
                RecommendationRequest(Category.SCIENCE_FICTION, 6),
            ),
        )
    ]


def test_a_readers_home_has_their_own_shelves(browser: Browser, recommender: FakeRecommender) -> None:
    """Favourite categories, popular, new and recently viewed books, in one call."""
    browser.get("/books/20?from=list-1")
    html = browser.get("/")
    for heading in ("Picked for you", "Recently viewed", "Popular now", "Science Fiction"):
        assert heading in html
    assert recommender.asked == [
        (
            1_000_000_000,
            (
                RecommendationRequest(None, 12),
                RecommendationRequest(Category.SCIENCE_FICTION, 6),
                RecommendationRequest(None, 6, Selection.POPULAR),
                RecommendationRequest(None, 6, Selection.NEW),
            ),
        )
    ]


def test_reasons_say_what_the_reader_did_with_the_book(browser: Browser, recommender: FakeRecommender) -> None:
    """Viewed, and liked once it is rated highly."""
    recommender.answer = [recommended(21, reason=Reason(ReasonKind.BECAUSE_OF_BOOKS, ((20, "Dune"),)))]
    browser.get("/books/20?from=list-1")
    assert "Because you looked at <cite>Dune</cite>" in browser.get("/")
    browser.send("/books/20/rating", form_at="/books/20", stars="4.5")
    assert "Because you liked <cite>Dune</cite>" in browser.get("/")


def test_a_book_dismissed_a_moment_ago_is_not_shown(browser: Browser, recommender: FakeRecommender) -> None:
    """Even if Recommendations does not know yet, or is down."""
    browser.send("/books/20/not-interested", form_at="/books/20")
    assert "/books/20" not in " ".join(links(browser.get("/")))
    recommender.error = RecommenderUnavailable("down")
    assert "/books/20" not in " ".join(links(browser.get("/")))


def test_only_personal_shelves_have_a_not_interested_button(browser: Browser, recommender: FakeRecommender) -> None:
    """Visitors have none, because the form would set a cookie; nor have popular books."""
    assert "card-button" not in browser.get("/")
    browser.get("/books/21?from=shop")
    html = browser.get("/")
    assert 'formaction="/books/20/not-interested?from=list-1"' in html
    assert 'formaction="/books/5/not-interested' not in html


def test_popular_and_new_books_are_not_called_personal(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """Their shelves say what they are, and a reason is printed only where it says more than the heading."""
    popular, new = Reason(ReasonKind.POPULAR), Reason(ReasonKind.NEW)
    recommender.answer = [
        recommended(20, reason=popular),
        recommended(21, reason=new),
        recommended(3, reason=popular),
    ]
    html = page(visitor)
    assert "Popular with our readers" in html
    assert "New arrivals" in html
    assert "Picked for you" not in html
    assert re.findall(r'class="reason">([^<]+)<', html)[0] == "Popular with readers"
    assert "New arrival<" not in html


def test_a_reason_that_says_more_than_the_heading_is_printed(
    visitor: FlaskClient, recommender: FakeRecommender
) -> None:
    """A new book among the popular ones, and a popular one among the new."""
    new, popular = Reason(ReasonKind.NEW), Reason(ReasonKind.POPULAR)
    recommender.answer = [recommended(20, reason=new), recommended(21, reason=popular)]
    assert re.findall(r'class="reason">([^<]+)<', page(visitor))[:2] == ["New arrival", "Popular with readers"]


@pytest.mark.parametrize("error", [None, RecommenderUnavailable("down")])
def test_a_visitor_is_always_shown_mystery_books(
    visitor: FlaskClient, recommender: FakeRecommender, error: RecommenderUnavailable | None
) -> None:
    """As recommended or, without Recommendations, from the category's best-sellers."""
    recommender.answer = [recommended(20), recommended(21), recommended(1, 2, name="mysteries")]
    recommender.error = error
    html = page(visitor)
    assert "<title>Online Books For You</title>" in html
    assert ">Online Books For You</a></h1>" in html
    mystery = html[html.index("Mystery books you may like") :]
    assert links(mystery)[0] == ("/books/12?from=shop" if error else "/books/1?from=mysteries")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ReasonKind.SAME_AUTHOR, "Also by Frank Herbert"),
        (ReasonKind.SAME_SUBJECT, "Similar to <cite>Emma</cite>"),
    ],
)
def test_same_author_and_similar_subject_are_personal_reasons(
    visitor: FlaskClient, recommender: FakeRecommender, kind: ReasonKind, words: str
) -> None:
    """The shelf is called personal, and the cards say why."""
    recommender.answer = [recommended(20, reason=Reason(kind, ((1, "Emma"),))), recommended()]
    html = page(visitor)
    assert words in html
    assert "Picked for you" in html


def test_a_book_like_another_says_so(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """The reason names the similar book."""
    recommender.answer = [recommended(20, reason=Reason(ReasonKind.LIKE_THIS_BOOK, ((1, "Emma"),))), recommended()]
    assert "Readers of <cite>Emma</cite> also read this" in page(visitor)


@pytest.mark.parametrize("reason", [None, *map(Reason, ReasonKind)])
def test_no_reason_breaks_a_page(visitor: FlaskClient, recommender: FakeRecommender, reason: Reason | None) -> None:
    """A card without a printable reason has no empty line."""
    recommender.answer = [recommended(20, reason=reason), recommended()]
    html = page(visitor)
    assert links(html)[0] == "/books/20?from=list-1"
    assert not re.search(r'class="reason">\s*<', html)


def test_recommended_books_missing_from_the_catalogue_are_dropped(
    visitor: FlaskClient, recommender: FakeRecommender
) -> None:
    """The shop shows only books that it has."""
    recommender.answer = [recommended(777, 20), recommended(888, 1)]
    assert links(page(visitor))[:2] == ["/books/20?from=list-1", "/books/1?from=list-1"]


def test_an_empty_answer_is_filled_with_best_sellers(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """No shelf is empty, and no book is on two."""
    recommender.answer = []
    html = page(visitor)
    shown = links(html)
    assert shown[:3] == ["/books/21?from=shop", "/books/5?from=shop", "/books/1?from=shop"]
    assert len(shown) == len(set(shown)) == 14
    assert BREAK not in html
    assert "New arrivals" not in html


@pytest.mark.parametrize("error", [RecommenderUnavailable("down"), RecommenderRefused("no")])
def test_without_recommendations_the_shop_shows_its_best_sellers(
    visitor: FlaskClient, recommender: FakeRecommender, error: RecommenderUnavailable
) -> None:
    """The page says so, and lists them by readers."""
    recommender.error = error
    html = page(visitor)
    assert f"{BREAK} Here are our best-sellers." in html
    assert links(html)[:2] == ["/books/21?from=shop", "/books/5?from=shop"]
    assert "Picked for you" not in html


def test_a_reader_sees_their_last_shelves_during_an_outage(
    visitor: FlaskClient, app: Flask, recommender: FakeRecommender
) -> None:
    """The last good response is shown to this reader only, with a notice."""
    visitor.get("/books/20?from=list-1")
    before = links(page(visitor))
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor)
    assert f"{BREAK} These are your recommendations from a moment ago." in html
    assert links(html) == before
    assert "best-sellers" in page(app.test_client())


def test_a_category_page_does_not_replace_the_remembered_home_shelves(
    visitor: FlaskClient, recommender: FakeRecommender
) -> None:
    """The home page's last shelves are remembered."""
    visitor.get("/books/20?from=list-1")
    before = links(page(visitor))
    page(visitor, "/categories/mystery")
    recommender.error = RecommenderUnavailable("down")
    html = page(visitor)
    assert "These are your recommendations from a moment ago." in html
    assert links(html) == before


def test_every_category_is_linked(visitor: FlaskClient) -> None:
    """Those that have books, and no others."""
    html = page(visitor)
    assert 'href="/categories/science-fiction"' in html
    assert 'href="/categories/romance"' not in html


def test_an_empty_shop_has_a_page(store: Store, visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """Before the first import it says that there are no books yet."""
    execute(store, "DELETE FROM books")
    recommender.answer = []
    assert "There are no books yet." in page(visitor)


def test_each_browser_of_an_account_has_its_own_forms(app: Flask, recommender: FakeRecommender) -> None:
    """The page is kept, but the token of one browser would be refused in the form of another."""
    clicking, first, second = Browser(app), Browser(app), Browser(app)
    clicking.sign_up()
    clicking.get("/books/20?from=list-1")
    tokens = []
    for browser in (first, second):
        browser.sign_in()
        # The message after signing in is shown on a page without forms.
        browser.get("/categories")
        pages = [browser.get("/") for _ in range(3)]
        assert pages[1] == pages[2]
        assert "Picked for you" in pages[2]
        tokens.append([token(html) for html in pages])
    for browser, of_browser in zip((first, second), tokens, strict=True):
        for known in of_browser:
            assert browser.client.post("/books/21/not-interested", data={"csrf_token": known}).status_code == 303


def test_what_changes_on_a_kept_page_is_shown(browser: Browser, recommender: FakeRecommender) -> None:
    """A message, once; whether the cart is filled; and that nobody is signed in any more."""
    browser.sign_up()
    browser.get("/books/20?from=list-1")
    before = browser.get("/")
    assert browser.get("/") == before
    browser.send("/books/20/cart", form_at="/books/20", next="/")
    with_message, after = browser.get("/"), browser.get("/")
    assert ("to your cart" in with_message, "to your cart" in after) == (True, False)
    assert ("(not empty)" in before, "(not empty)" in after) == (False, True)
    browser.sign_out()
    browser.get("/")
    assert "card-button" not in browser.get("/")
