"""Every page of the shop in every state worth a look, and who sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import count

from playwright.sync_api import Browser, Page, StorageState

PASSWORD = "many small green islands"
BOOK = "/books/4"

_accounts = count()


class Who(Enum):
    """Whose browser it is."""

    VISITOR = "visitor"
    GUEST = "guest"
    ACCOUNT = "account"


def _nothing(_page: Page) -> None:
    """The page is looked at as it comes."""


def _fail_to_sign_up(page: Page) -> None:
    page.get_by_label("E-mail").fill("ann@example")
    page.get_by_label("Password").fill("short")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("heading", name="That did not work yet").wait_for()


def _wave_away(page: Page) -> None:
    page.locator(".card").get_by_role("button").nth(1).click()
    page.get_by_role("button", name="Undo").wait_for()


def _type(page: Page) -> None:
    page.get_by_label("Search for a title").press_sequentially("murd")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")


@dataclass(frozen=True)
class Seen:
    """A page as somebody sees it after they did something there."""

    path: str
    who: Who = Who.VISITOR
    do: Callable[[Page], None] = _nothing


PAGES = [
    *(Seen("/"), Seen("/", Who.GUEST), Seen("/", Who.GUEST, _wave_away), Seen("/", do=_type)),
    *(Seen(BOOK), Seen(BOOK, Who.GUEST), Seen("/nothing-here")),
    *(Seen("/categories"), Seen("/categories/mystery"), Seen("/categories/mystery?page=2&sort=title", Who.GUEST)),
    *(Seen("/authors/agatha-christie"), Seen("/search"), Seen("/search?q=agata+cristie"), Seen("/search?q=qqqxzy")),
    *(Seen("/history"), Seen("/history", Who.GUEST), Seen("/wishlist"), Seen("/wishlist", Who.GUEST)),
    *(Seen("/account"), Seen("/account", Who.GUEST), Seen("/account", Who.ACCOUNT)),
    *(Seen("/account/sign-up"), Seen("/account/sign-up", do=_fail_to_sign_up), Seen("/account/sign-in")),
    *(Seen("/account/password", Who.ACCOUNT), Seen("/account/forget", Who.ACCOUNT)),
]


def cookies_of_all(browser: Browser, shop: str) -> Mapping[Who, StorageState | None]:
    """The cookies of a visitor, of a guest who opened, rated and wished for books, and of a signed-in reader."""
    with browser.new_context() as context:
        page = context.new_page()
        for place in (1, 3, 5):
            page.goto(shop)
            page.locator(".card a").nth(place).click()
        page.goto(shop.rstrip("/") + BOOK)
        page.get_by_role("group", name="Your rating").locator("label").nth(8).click()
        page.get_by_role("button", name="Rate", exact=True).click()
        page.get_by_role("button", name="Put on wishlist").click()
        page.get_by_role("button", name="Take off wishlist").wait_for()
        while not page.locator(".card .reason", has_text="Because").first.is_visible():
            page.goto(shop)
        guest = context.storage_state()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{shop}account/sign-up")
        page.get_by_label("E-mail").fill(f"looks{next(_accounts)}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        page.get_by_role("button", name="Sign out").wait_for()
        account = context.storage_state()
    return {Who.VISITOR: None, Who.GUEST: guest, Who.ACCOUNT: account}
