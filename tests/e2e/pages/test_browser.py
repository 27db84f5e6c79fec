"""The shop as readers see it, in headless Chromium."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.visit import load_until
from tests.e2e.processes import Pair

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def shelf(page: Page, heading: str) -> list[str]:
    """The titles on the shelf under a heading."""
    section = page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))
    return section.locator(".card .title").all_inner_texts()


def open_first_book(page: Page, shop: str, category: str) -> str:
    """Go to a category, click on its first book, and return the book's title."""
    page.goto(shop)
    page.get_by_role("navigation", name="Categories").get_by_role("link", name=category, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=category)).to_be_visible()
    title = page.locator(".card .title").first.inner_text()
    page.locator(".card a").first.click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    return title


def await_personal_shelf(page: Page, shop: str, because_of: str) -> list[str]:
    """Load the home page until a book is the reason of its first shelf, and return the shelf's titles."""
    load_until(page, shop, page.locator(".card .reason", has_text=because_of).first.is_visible)
    return shelf(page, "Picked for you")


def test_first_visit_shows_books_and_sets_no_cookie(pair: Pair, browser: Browser) -> None:
    """A visitor sees popular and new books and the most-read categories, and stays anonymous."""
    with browser.new_context() as context:
        page = context.new_page()
        load_until(page, pair.shop, lambda: page.locator("section").count() == 5)
        expect(page).to_have_title("Online Books For You")
        assert len(shelf(page, "Popular with our readers")) == 12
        assert len(shelf(page, "New arrivals")) == 6
        assert len(shelf(page, "Mystery books you may like")) == 6
        titles = page.locator(".card .title").all_inner_texts()
        assert len(titles) == len(set(titles)) == 36
        assert context.cookies() == []


def test_two_readers_who_clicked_different_books_see_different_shelves(pair: Pair, browser: Browser) -> None:
    """Each reader's click changes their home page, which names the book as the reason."""
    shelves = []
    for category in ("Science Fiction", "Self-Help"):
        with browser.new_context() as context:
            page = context.new_page()
            title = open_first_book(page, pair.shop, category)
            personal = await_personal_shelf(page, pair.shop, because_of=title)
            reasons = page.locator("section").first.locator(".reason").all_inner_texts()
            assert sum(f"Because you looked at {title}" in reason for reason in reasons) >= 5
            assert title not in personal
            assert shelf(page, f"{category} books you may like")
            assert shelf(page, "Recently viewed") == [title]
            shelves.append(personal)
    assert len(set(shelves[0]) & set(shelves[1])) <= 6
    assert shelves[0] != shelves[1]


def test_pages_load_without_errors(pair: Pair, browser: Browser) -> None:
    """No page violates the Content-Security-Policy or lacks a file."""
    problems: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("response", lambda response: problems.append(response.url) if response.status >= 400 else None)
        for path in ("", "books/1", "categories/self-help", "search?q=dune", "history", "account/sign-up"):
            page.goto(pair.shop + path)
    assert problems == []
