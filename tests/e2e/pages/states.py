"""Every page of the shop in every state worth a look, and who sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import count

from playwright.sync_api import Browser, FilePayload, Page, StorageState

PASSWORD = "many small green islands"
BOOK = "/books/4"
ADDRESS = {"Name": "Ann Reader", "Street and number": "1 High Street", "Postal code": "OX1 1AA", "City": "Oxford"}
ORDER = "7K3M-9QXD-2TB4"
"""The one order of the shop."""

_accounts = count()


class Who(Enum):
    """Whose browser it is."""

    VISITOR = "visitor"
    GUEST = "guest"
    ACCOUNT = "account"
    MODERATOR = "moderator"


def _nothing(_page: Page) -> None:
    """The page is looked at as it comes."""


def _fail_to_sign_up(page: Page) -> None:
    page.get_by_label("E-mail").fill("ann@example")
    page.get_by_label("Password").fill("short")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("heading", name="That did not work yet").wait_for()


def _fail_to_save(page: Page) -> None:
    page.get_by_label("Stock").fill("many")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="That did not work yet").wait_for()


def _import_badly(page: Page) -> None:
    rows = b"book_id,title,colour\n0,Nought,red\nx,,\n"
    page.get_by_label("The file").set_input_files(FilePayload(name="b.csv", mimeType="text/csv", buffer=rows))
    page.get_by_role("button", name="Import it").click()
    page.get_by_text("2 rows could not be used").wait_for()


def _wave_away(page: Page) -> None:
    page.locator(".card").get_by_role("button").nth(1).click()
    page.get_by_role("button", name="Undo").wait_for()


def _type(page: Page) -> None:
    page.get_by_label("Search for a title").press_sequentially("murd")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")


def _open_order(page: Page) -> None:
    page.locator(".lines a").first.click()
    page.get_by_role("heading", name="Your books").wait_for()


def _fail_to_order(page: Page) -> None:
    page.get_by_label("Postal code").fill("nowhere")
    page.locator("main form").last.evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("heading", name="That did not work yet").wait_for()


def _put_into_cart(page: Page) -> None:
    page.get_by_role("button", name="Put into cart").click()
    page.get_by_text("is in your cart").wait_for()


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
    *(Seen("/cart"), Seen("/cart", Who.GUEST), Seen("/checkout", Who.GUEST), Seen(BOOK, Who.ACCOUNT, _put_into_cart)),
    *(Seen("/checkout", Who.ACCOUNT), Seen("/checkout", Who.ACCOUNT, _fail_to_order)),
    *(Seen("/orders"), Seen("/orders", Who.ACCOUNT), Seen("/orders", Who.ACCOUNT, _open_order)),
    *(
        Seen(f"/moderator{path}", Who.MODERATOR)
        for path in ("", "/books?show=offered&sort=-price", "/books?q=qqqxzy")
    ),
    *(Seen(f"/moderator{BOOK}", Who.MODERATOR), Seen(f"/moderator{BOOK}", Who.MODERATOR, _fail_to_save)),
    *(Seen("/moderator/books/new", Who.MODERATOR), Seen(f"/moderator{BOOK}/delete", Who.MODERATOR)),
    *(Seen("/moderator/books/import", Who.MODERATOR), Seen("/moderator/books/import", Who.MODERATOR, _import_badly)),
    *(Seen("/moderator/orders", Who.MODERATOR), Seen(f"/moderator/orders/{ORDER}", Who.MODERATOR)),
    *(Seen("/moderator/events", Who.MODERATOR), Seen("/moderator/audit", Who.MODERATOR)),
]


def _order(page: Page, shop: str) -> None:
    """Order a book, and have another one in the cart afterwards."""
    page.goto(shop.rstrip("/") + BOOK)
    _put_into_cart(page)
    page.goto(f"{shop}checkout")
    for label, text in ADDRESS.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Country").select_option("GB")
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("heading", name="Your books").wait_for()
    page.goto(shop.rstrip("/") + BOOK)
    _put_into_cart(page)


def cookies_of_all(browser: Browser, shop: str, promote: Callable[[str], None]) -> Mapping[Who, StorageState | None]:
    """The cookies of a visitor, of a guest who opened, rated and wished for books, of a reader who is signed in, and
    of one whom `promote` makes a moderator by their e-mail."""
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
        _put_into_cart(page)
        while not page.locator(".card .reason", has_text="Because").first.is_visible():
            page.goto(shop)
        guest = context.storage_state()
    account, moderator = f"looks{next(_accounts)}@example.com", f"looks{next(_accounts)}@example.com"
    signed_up = {email: _signed_up(browser, shop, email) for email in (account, moderator)}
    promote(moderator)
    return {
        Who.VISITOR: None,
        Who.GUEST: guest,
        Who.ACCOUNT: signed_up[account],
        Who.MODERATOR: signed_up[moderator],
    }


def _signed_up(browser: Browser, shop: str, email: str) -> StorageState:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{shop}account/sign-up")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        page.get_by_role("button", name="Sign out").wait_for()
        _order(page, shop)
        return context.storage_state()
