"""A purchase, step by step, however it is made."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.hands import Hands
from tests.e2e.pages.visit import PASSWORD

BOOK = "/books/2"
TITLE = "Murder on the Orient Express"
DEADLINE_SECONDS = 30.0


class Purchase:
    """One buyer at one page of a browser; every step looks at what the page says afterwards."""

    def __init__(self, page: Page, shop: str, hands: Hands) -> None:
        self.page = page
        self.shop = shop.rstrip("/")
        self.hands = hands

    def add_to_cart(self) -> None:
        """A guest puts a book into the cart, which the header then says."""
        self.page.goto(self.shop + BOOK)
        self._press("Add to cart")
        expect(self.page.get_by_text(f"Added {TITLE} to your cart.")).to_be_visible()
        expect(self._banner("Cart (not empty)")).to_be_visible()

    def want_two(self) -> None:
        """The number of copies is changed, and the total with it."""
        self.hands.press(self._banner("Cart"))
        self.page.get_by_label("Quantity").fill("2")
        self._press("Update")
        expect(self.page.get_by_text("Cart updated.")).to_be_visible()
        expect(self.page.locator(".total")).to_contain_text("€21.98")

    def sign_up_at_checkout(self, email: str) -> None:
        """The checkout asks for an account, and goes on with the cart when there is one."""
        self.hands.press(self.page.get_by_role("link", name="Check out"))
        self.hands.press(self.page.get_by_role("main").get_by_role("link", name="Create account"))
        self.hands.type(self.page.get_by_label("E-mail"), email)
        self.hands.type(self.page.get_by_label("Password"), PASSWORD)
        self._press("Create account")
        expect(self.page.get_by_role("heading", level=1, name="Checkout")).to_be_visible()
        expect(self.page.locator(".total")).to_contain_text("€21.98")

    def order(self) -> str:
        """A wrong postal code is told and nothing that was typed is lost; then it is ordered. Returns the number."""
        self.hands.type(self.page.get_by_label("Name"), "Ann Reader")
        self.hands.type(self.page.get_by_label("Street and number"), "1 High Street")
        self.hands.type(self.page.get_by_label("Postal code"), "12345")
        self.hands.type(self.page.get_by_label("City"), "Oxford")
        self.page.get_by_label("Country").select_option("GB")
        self._press("Order and pay €21.98")
        expect(self.page.get_by_role("alert")).to_contain_text("That is not a valid postal code for United Kingdom")
        expect(self.page.get_by_label("Name")).to_have_value("Ann Reader")
        self.page.get_by_label("Postal code").fill("OX1 1AA")
        self._press("Order and pay €21.98")
        expect(self.page.get_by_role("heading", level=1, name="Order")).to_be_visible()
        found = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", self.page.title())
        assert found
        return found[0]

    def await_payment(self) -> None:
        """Nobody touches the page: it says by itself that the order is paid."""
        expect(self.page.get_by_text("Awaiting payment")).to_be_visible()
        expect(self.page.get_by_text("We are packing your books.")).to_be_visible(timeout=DEADLINE_SECONDS * 1000)

    def find_sent(self, order_id: str) -> None:
        """Among one's orders the order is on its way, and cannot be cancelled any more."""
        self.page.goto(f"{self.shop}/orders")
        expect(self.page.get_by_text("Shipped")).to_be_visible()
        self.page.goto(f"{self.shop}/orders/{order_id}")
        expect(self.page.get_by_text("Your books have shipped.")).to_be_visible()
        expect(self.page.get_by_role("button", name="Cancel order")).to_be_hidden()

    def cancel(self) -> None:
        """What is not sent yet is cancelled."""
        self._press("Cancel order")
        expect(self.page.get_by_text("Your order has been cancelled.")).to_be_visible()
        expect(self.page.get_by_text("Nothing will be shipped")).to_be_visible()

    def find_bought(self) -> None:
        """It stands in the history."""
        self.page.goto(f"{self.shop}/history")
        expect(self.page.get_by_text("You bought it")).to_be_visible()

    def _press(self, name: str) -> None:
        self.hands.press(self.page.get_by_role("main").get_by_role("button", name=name))

    def _banner(self, name: str) -> Locator:
        return self.page.get_by_role("banner").get_by_role("link", name=name)


class Desk:
    """A moderator at one page of a browser."""

    def __init__(self, page: Page, shop: str, hands: Hands) -> None:
        self.page = page
        self.shop = shop.rstrip("/")
        self.hands = hands

    def sign_up(self, email: str) -> None:
        """Somebody who is no moderator yet."""
        self.page.goto(f"{self.shop}/account/sign-up")
        self.hands.type(self.page.get_by_label("E-mail"), email)
        self.hands.type(self.page.get_by_label("Password"), PASSWORD)
        self.hands.press(self.page.get_by_role("main").get_by_role("button", name="Create account"))
        expect(self.page.get_by_text("Welcome! Your account is ready.")).to_be_visible()

    def ship(self, order_id: str) -> None:
        """The order is found by its number, paid, and shipped; the log says so."""
        self.page.goto(f"{self.shop}/account")
        self.hands.press(self.page.get_by_role("link", name="Admin"))
        self.page.goto(f"{self.shop}/moderator/orders")
        self.hands.type(self.page.get_by_label("Number, e-mail, name or city"), order_id)
        self.hands.press(self.page.get_by_role("button", name="Find"))
        self.hands.press(self.page.get_by_role("link", name=order_id))
        expect(self.page.get_by_text("Ann Reader")).to_be_visible()
        self.hands.press(self.page.get_by_role("button", name="Mark as shipped"))
        expect(self.page.get_by_role("button", name="Mark as delivered")).to_be_visible()
        self.page.goto(f"{self.shop}/moderator/audit")
        expect(self.page.get_by_text(order_id).first).to_be_visible()
