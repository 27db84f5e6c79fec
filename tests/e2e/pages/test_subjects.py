"""A shop over somebody's own files: books named by ISBNs, with subjects and without categories."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.test_browser import await_personal_shelf, shelf
from tests.e2e.pages.test_look import AXE, NARROW, RULES, WIDE, violations_of
from tests.e2e.pages.visit import load_until
from tests.e2e.processes import Command, Pair, start_pair

SUBJECTS = ("Owls", "Space travel", "C++", "Kraftfahrzeughaftpflichtversicherungsvertragsrecht")
BOOKS = range(40)


def isbn(number: int) -> str:
    body = f"978{number:09}"
    return f"{body}{-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10}"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both services, after an import of forty books on four subjects and of what forty readers bought."""
    books, interactions = tmp_path / "books.csv", tmp_path / "interactions.csv"
    rows = [f"{isbn(number)},{title(number)},{SUBJECTS[number % 4]};paper" for number in BOOKS]
    books.write_text("\n".join(["isbn,title,subjects", *rows]))
    bought = [f"reader-{reader},{isbn((reader + 4 * step) % 40)}" for reader in BOOKS for step in (0, 1, 3)]
    interactions.write_text("\n".join(["user_id,isbn", *bought]))
    for service in ("recommendations", "marketplace"):
        files = ("--books", str(books), "--interactions", str(interactions))
        folders = {f"{service.upper()}_DATA_DIR": str(tmp_path / service), "IDS_DIR": str(tmp_path / "ids")}
        Command(service, ["import", *files], folders).require_success()
    with ExitStack() as stack:
        yield start_pair(tmp_path, stack)


def title(number: int) -> str:
    return f"Volume {number} on {SUBJECTS[number % 4][:5]}"


@pytest.mark.slow
@pytest.mark.browser
def test_a_catalogue_without_categories_has_shelves(pair: Pair, browser: Browser) -> None:
    """The home page, the page of categories, subjects' pages and search work, also on a narrow page."""
    with browser.new_context(viewport=NARROW, reduced_motion="reduce") as context:
        page = context.new_page()
        load_until(page, pair.shop, lambda: page.locator("section").count() >= 4)
        assert shelf(page, "Books you may like in C++")
        browse = page.get_by_role("navigation", name="Categories").get_by_role("link")
        assert browse.all_inner_texts() == ["C++", SUBJECTS[3], "Owls", "Space travel"]
        _check(page)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Categories").click()
        _check(page)
        page.get_by_role("link", name="C++").click()
        expect(page.get_by_role("heading", level=1, name="C++")).to_be_visible()
        expect(page.locator(".card")).to_have_count(10)
        page.get_by_label("Sort by").select_option("title")
        expect(page.locator(".card .title").first).to_have_text(title(10))
        _check(page)
        page.locator(".card a").first.click()
        personal = await_personal_shelf(page, pair.shop, because_of=title(10))
        assert any(name.endswith("C++") for name in personal)
        assert shelf(page, "Books you may like in C++")
        page.get_by_role("navigation", name="Categories").get_by_role("link", name=SUBJECTS[3]).click()
        _check(page)
        page.get_by_label("Search for a title").fill("space travel")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".card")).to_have_count(10)
        page.locator(".card a").first.click()
        page.get_by_role("link", name="Space travel").click()
        expect(page.get_by_role("heading", level=1, name="Space travel")).to_be_visible()


def _check(page: Page) -> None:
    """The page meets the rules of accessibility, and neither scrolls sideways narrow nor wide."""
    page.evaluate(AXE)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert violations_of(page, {"type": "tag", "values": RULES}) == []
