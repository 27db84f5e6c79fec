"""The shop as a reader sees it, in headless Chromium."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.processes import Pair

pytestmark = [pytest.mark.slow, pytest.mark.browser]

DEADLINE_MS = 10_000


def shelf(page: Page, heading: str | re.Pattern[str]) -> list[str]:
    """The titles on the shelf under a heading."""
    section = page.locator("section", has=page.get_by_role("heading", name=heading))
    return section.locator(".card .title").all_inner_texts()


def click_book(page: Page, category: str) -> str:
    """Click on the first book of a category's shelf and return its title."""
    page.get_by_role("link", name=category, exact=True).click()
    heading = f"{category} books you may like"
    title = shelf(page, heading)[0]
    section = page.locator("section", has=page.get_by_role("heading", name=heading))
    section.locator(".card a").first.click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    return title


def await_personal_shelf(page: Page, shop: str, because_of: str) -> list[str]:
    """Load the home page until its first shelf is explained by a book, and return the shelf's titles.

    The click travels by outbox, so that the very next page may be too early to know it.
    """
    reason = page.locator(".card .reason", has_text=because_of).first
    ends = time.monotonic() + DEADLINE_MS / 1000
    page.goto(shop)
    while not reason.is_visible() and time.monotonic() < ends:
        page.goto(shop)
    expect(reason).to_be_visible(timeout=DEADLINE_MS)
    return shelf(page, "Picked for you")


def test_first_visit_shows_books_and_sets_no_cookie(pair: Pair, browser: Browser) -> None:
    """A visitor sees a popular shelf and mystery books with their covers, and is not yet anybody."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(pair.shop)
        expect(page).to_have_title("Online Books For You")
        assert len(shelf(page, "Popular with our readers")) == 10
        assert len(shelf(page, "Mystery books you may like")) >= 3
        assert context.cookies() == []


def test_two_readers_who_clicked_different_books_see_different_shelves(pair: Pair, browser: Browser) -> None:
    """Each reader's own click changes their next home page, which says that it was this click."""
    shelves = []
    for category in ("Science Fiction", "Self-Help"):
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(pair.shop)
            title = click_book(page, category)
            personal = await_personal_shelf(page, pair.shop, because_of=title)
            reasons = page.locator("section").first.locator(".reason").all_inner_texts()
            assert sum(title in reason for reason in reasons) >= 5
            assert title not in personal
            shelves.append(personal)
    assert len(set(shelves[0]) & set(shelves[1])) <= 5
    assert shelves[0] != shelves[1]


def test_shop_works_by_keyboard_and_without_javascript(pair: Pair, browser: Browser) -> None:
    """Without scripts, a reader reaches a book by the keyboard alone."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(pair.shop)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the books")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/books/\d+"))


def test_pages_load_without_errors(pair: Pair, browser: Browser) -> None:
    """Neither the home page nor a book's page breaks the shop's own security policy or misses a file."""
    complaints: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
        for path in ("", "books/1", "?category=self-help"):
            page.goto(pair.shop + path)
    assert complaints == []
