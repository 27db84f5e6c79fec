"""The steps of a purchase, and of the moderator who ships it."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.hands import Hands
from tests.e2e.pages.visit import PASSWORD

BOOK = "/books/2"
TITLE = "Murder on the Orient Express"
DEADLINE_SECONDS = 30.0


class Purchase:
    """A buyer with one browser page; every step checks what the page shows afterwards."""

    def __init__(self, page: Page, shop: str, hands: Hands) -> None:
        self.page = page
        self.shop = shop.rstrip("/")
        self.hands = hands

    def add_to_cart(self) -> None:
        """A guest adds a book to the cart, and the header shows that it is not empty."""
        self.page.goto(self.shop + BOOK)
        self._press("Add to cart")
        expect(self.page.get_by_text(f"Added {TITLE} to your cart.")).to_be_visible()
        expect(self._header_link("Cart (not empty)")).to_be_visible()

    def order_two_copies(self) -> None:
        """Changing the quantity changes the total."""
        self.hands.press(self._header_link("Cart"))
        self.page.get_by_label("Quantity").fill("2")
        self._press("Update")
        expect(self.page.get_by_text("Cart updated.")).to_be_visible()
        expect(self.page.locator(".total")).to_contain_text("€21.98")

    def sign_up_at_checkout(self, email: str) -> None:
        """The checkout asks for an account and keeps the cart."""
        self.hands.press(self.page.get_by_role("link", name="Check out"))
        self.hands.press(self.page.get_by_role("main").get_by_role("link", name="Create account"))
        self.hands.type(self.page.get_by_label("E-mail"), email)
        self.hands.type(self.page.get_by_label("Password"), PASSWORD)
        self._press("Create account")
        expect(self.page.get_by_role("heading", level=1, name="Checkout")).to_be_visible()
        expect(self.page.locator(".total")).to_contain_text("€21.98")

    def order(self) -> str:
        """All that is missing is reported at once, then a wrong postal code, and the form keeps its values.

        Returns the number of the order.
        """
        self._press("Order and pay €21.98")
        for words in ("Choose a country.", "Enter the recipient's name.", "Enter the street and number."):
            expect(self.page.get_by_role("alert")).to_contain_text(words)
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
        number = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", self.page.title())
        assert number
        return number[0]

    def await_payment(self) -> None:
        """The page shows by itself that the order is paid."""
        expect(self.page.get_by_text("Awaiting payment")).to_be_visible()
        expect(self.page.get_by_text("We are packing your books.")).to_be_visible(timeout=DEADLINE_SECONDS * 1000)

    def find_shipped(self, order_id: str) -> None:
        """The order is shipped and can no longer be cancelled."""
        self.page.goto(f"{self.shop}/orders")
        expect(self.page.get_by_text("Shipped")).to_be_visible()
        self.page.goto(f"{self.shop}/orders/{order_id}")
        expect(self.page.get_by_text("Your books have shipped.")).to_be_visible()
        expect(self.page.get_by_role("button", name="Cancel order")).to_be_hidden()

    def find_in_history(self) -> None:
        self.page.goto(f"{self.shop}/history")
        expect(self.page.get_by_text("You bought it")).to_be_visible()

    def _press(self, name: str) -> None:
        self.hands.press(self.page.get_by_role("main").get_by_role("button", name=name))

    def _header_link(self, name: str) -> Locator:
        return self.page.get_by_role("banner").get_by_role("link", name=name)


class Moderator:
    """A moderator with one browser page."""

    def __init__(self, page: Page, shop: str, hands: Hands) -> None:
        self.page = page
        self.shop = shop.rstrip("/")
        self.hands = hands

    def sign_up(self, email: str) -> None:
        """Create the account, which has no moderator rights yet."""
        self.page.goto(f"{self.shop}/account/sign-up")
        self.hands.type(self.page.get_by_label("E-mail"), email)
        self.hands.type(self.page.get_by_label("Password"), PASSWORD)
        self.hands.press(self.page.get_by_role("main").get_by_role("button", name="Create account"))
        expect(self.page.get_by_text("Welcome! Your account is ready.")).to_be_visible()

    def ship(self, order_id: str) -> None:
        """Find a paid order by its number and ship it; the audit log shows it."""
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
