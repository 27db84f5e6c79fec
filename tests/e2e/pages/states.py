"""Every page of the shop in every state that tests look at, and who sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import count

from playwright.sync_api import Browser, FilePayload, Page, StorageState

from tests.e2e.pages.visit import PASSWORD, load_until

BOOK = "/books/4"
ADDRESS = {"Name": "Ann Reader", "Street and number": "1 High Street", "Postal code": "OX1 1AA", "City": "Oxford"}
ORDER = "7K3M-9QXD-2TB4"
"""The one order of the shop."""
LINK = "https://books.example/emma"
"""A link whose preview the shop has."""
CONVERSATION = "5f0c1d3e9a7b4c2f8d6e0a1b2c3d4e5f"
"""That of a guest with the shop."""

_accounts = count()


class Who(Enum):
    """Whose browser it is."""

    VISITOR = "visitor"
    GUEST = "guest"
    ACCOUNT = "account"
    MODERATOR = "moderator"


def _fail_to_sign_up(page: Page) -> None:
    page.get_by_label("E-mail").fill("ann@example")
    page.get_by_label("Password").fill("short")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Please check the following").wait_for()


def _fail_to_save(page: Page) -> None:
    page.get_by_label("Stock").fill("many")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Please check the following").wait_for()


def _import_badly(page: Page) -> None:
    rows = b"book_id,title,colour\n,No id,red\nx,Dune,\ny,Emma,\n"
    page.get_by_label("File").set_input_files(FilePayload(name="b.csv", mimeType="text/csv", buffer=rows))
    page.get_by_role("button", name="Import").click()
    page.get_by_text("1 row rejected").wait_for()


def _dismiss(page: Page) -> None:
    page.locator(".card").get_by_role("button").nth(1).click()
    page.get_by_role("button", name="Undo").wait_for()


def _type(page: Page) -> None:
    page.get_by_label("Search for a title").press_sequentially("murd")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")


def _make_token(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill(f"till {next(_accounts)}")
    page.get_by_label("read books and stock").check()
    page.get_by_role("button", name="Make token").click()
    page.get_by_text("not shown again").wait_for()


def _fail_to_make_token(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("till")
    page.get_by_role("button", name="Make token").click()
    page.get_by_role("heading", name="Please check the following").wait_for()


def _open_order(page: Page) -> None:
    page.locator(".lines a").first.click()
    page.get_by_role("heading", name="Your books").wait_for()


def _write_about_order(page: Page) -> None:
    _open_order(page)
    _write(page)


def _write(page: Page) -> None:
    page.get_by_label("Your message").fill("Hello,\nwhen will it arrive?")
    page.get_by_role("button", name="Send").click()
    page.locator(".message").first.wait_for()


def _fail_to_fill_in(page: Page) -> None:
    page.get_by_label("Link").fill("https://books.example/dune")
    page.get_by_role("button", name="Fill in from link").click()
    page.get_by_text("The page cannot be reached").wait_for()


def _write_a_link(page: Page) -> None:
    page.get_by_label("Your message").fill(f"Do you mean {LINK}?")
    page.get_by_role("button", name="Send").click()
    page.locator(".link-card").last.wait_for()


def _fail_to_contact(page: Page) -> None:
    page.get_by_label("E-mail").fill("ann@example")
    page.locator("main form").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Please check the following").wait_for()


def _fail_to_order(page: Page) -> None:
    page.get_by_label("Postal code").fill("nowhere")
    page.locator("main form").last.evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("heading", name="Please check the following").wait_for()


def _add_to_cart(page: Page) -> None:
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_text("to your cart").wait_for()


@dataclass(frozen=True)
class State:
    """A page as a kind of user sees it, after doing something there."""

    path: str
    who: Who = Who.VISITOR
    do: Callable[[Page], None] = lambda _: None


STATES = [
    *(
        State(path)
        for path in (
            *("/", BOOK, "/nothing-here", "/categories", "/categories/mystery", "/authors/agatha-christie"),
            "/subjects/private-detectives",
            *("/search", "/search?q=agata+cristie", "/search?q=qqqxzy", "/history", "/wishlist", "/account"),
            *("/account/sign-up", "/account/sign-in", "/account/forgotten", "/cart", "/orders"),
            "/api/v1/docs",
            # Links that do not work; tests of mails look at the others.
            *("/account/reset?token=used", "/account/confirm?token=used", f"/contact/{CONVERSATION}?token=used"),
            *("/contact", "/contact/sent"),
        )
    ),
    State("/", do=_type),
    State("/account/sign-up", do=_fail_to_sign_up),
    State("/contact", do=_fail_to_contact),
    *(
        State(path, Who.GUEST)
        for path in (
            *("/", BOOK, "/categories/mystery?page=2&sort=title", "/history", "/wishlist", "/account", "/cart"),
            "/checkout",
        )
    ),
    State("/", Who.GUEST, _dismiss),
    *(
        State(path, Who.ACCOUNT)
        for path in ("/account", "/account/email", "/account/password", "/account/forget", "/checkout", "/orders")
    ),
    State(BOOK, Who.ACCOUNT, _add_to_cart),
    State("/checkout", Who.ACCOUNT, _fail_to_order),
    State("/orders", Who.ACCOUNT, _open_order),
    State("/messages", Who.ACCOUNT),
    State("/contact", Who.ACCOUNT),
    State("/contact", Who.ACCOUNT, _write),
    State("/orders", Who.ACCOUNT, _write_about_order),
    State("/messages", Who.ACCOUNT),
    *(
        State(f"/moderator{path}", Who.MODERATOR)
        for path in (
            *("", "/books?show=offered&sort=-price", "/books?q=qqqxzy", BOOK, "/books/new", f"{BOOK}/delete"),
            *("/books/import", "/orders", f"/orders/{ORDER}", "/events", "/notices", "/audit", "/destinations"),
            *("/destinations/1", "/destinations/1/delete", "/destinations/1/deliveries/1", "/conversations"),
            *(f"/conversations/{CONVERSATION}", f"/conversations/{CONVERSATION}/delete"),
        )
    ),
    State(f"/moderator{BOOK}", Who.MODERATOR, _fail_to_save),
    State("/moderator/api-tokens", Who.MODERATOR),
    State("/moderator/api-tokens", Who.MODERATOR, _make_token),
    State("/moderator/api-tokens", Who.MODERATOR, _fail_to_make_token),
    State("/moderator/books/import", Who.MODERATOR, _import_badly),
    State(f"/moderator/orders/{ORDER}", Who.MODERATOR, _write),
    State(f"/moderator/orders/{ORDER}", Who.MODERATOR, _write_a_link),
    State("/moderator/books/new", Who.MODERATOR, _fail_to_fill_in),
]


def _order(page: Page, shop: str) -> None:
    """Order a book, then add it to the cart again."""
    page.goto(shop.rstrip("/") + BOOK)
    _add_to_cart(page)
    page.goto(f"{shop}checkout")
    for label, text in ADDRESS.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Country").select_option("GB")
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("heading", name="Your books").wait_for()
    page.goto(shop.rstrip("/") + BOOK)
    _add_to_cart(page)


def cookies_of_all(browser: Browser, shop: str, promote: Callable[[str], None]) -> Mapping[Who, StorageState | None]:
    """The cookies of everyone who looks at pages.

    The guest has opened and rated books and has a wishlist; `promote` makes the account of an e-mail a moderator.
    """
    with browser.new_context() as context:
        page = context.new_page()
        for i in (1, 3, 5):
            page.goto(shop)
            page.locator(".card a").nth(i).click()
        page.goto(shop.rstrip("/") + BOOK)
        page.get_by_role("group", name="Your rating").locator("label").nth(8).click()
        page.get_by_role("button", name="Rate", exact=True).click()
        page.get_by_role("button", name="Add to wishlist").click()
        page.get_by_role("button", name="Remove from wishlist").wait_for()
        _add_to_cart(page)
        load_until(page, shop, page.locator(".card .reason", has_text="Because").first.is_visible)
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
        page.get_by_role("button", name="Create account").click()
        page.get_by_role("button", name="Sign out", exact=True).wait_for()
        _order(page, shop)
        return context.storage_state()
