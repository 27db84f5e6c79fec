"""The steps of a first visit to the shop, by mouse or by keyboard."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.hands import Hands
from tests.e2e.processes import await_that

BOOK = "The Hitchhiker's Guide to the Galaxy"
MISSPELT = "hichhikers giude galaxi"
HALF_STARS = 9
PASSWORD = "many small green islands"


def load_until(page: Page, url: str, is_complete: Callable[[], bool]) -> None:
    """Load a page again and again until it is complete.

    Events reach Recommendations by the outbox, so the next page may be too early for them; and on a busy machine the
    shop stops waiting for Recommendations and leaves lists out.
    """

    def load() -> bool:
        page.goto(url)
        return is_complete()

    await_that(load, show=page.content)


class Visit:
    """A visitor with one browser page; every step checks what the page shows afterwards."""

    def __init__(self, page: Page, shop: str, hands: Hands) -> None:
        self.page = page
        self.shop = shop
        self.hands = hands

    def open_home(self) -> None:
        """The home page shows what is popular."""
        self.page.goto(self.shop)
        expect(self.page).to_have_title("Online Books For You")
        expect(self._shelf("Popular with our readers").locator(".card")).to_have_count(12)

    def search(self) -> None:
        """A search with three typos finds the book and shows the corrected query."""
        self.hands.type(self.page.get_by_label("Search for a title"), MISSPELT)
        self.hands.press(self.page.get_by_role("button", name="Search"))
        expect(self.page.get_by_text("Showing results for")).to_be_visible()
        expect(self.page.locator(".card .title").first).to_have_text(BOOK)

    def open_book(self) -> None:
        """A card links to the book's page."""
        self.hands.press(self.page.locator("main").get_by_role("link", name=BOOK).first)
        expect(self.page.get_by_role("heading", level=1, name=BOOK)).to_be_visible()

    def rate(self) -> None:
        """A rating of four and a half stars is saved and shown."""
        self.hands.choose(self.page.get_by_role("group", name="Your rating"), HALF_STARS)
        self.hands.press(self.page.get_by_role("button", name="Rate", exact=True))
        expect(self.page.get_by_text(f"You gave {BOOK} 4.5 of 5 stars.")).to_be_visible()
        expect(self.page.get_by_role("radio", name="4.5 of 5 stars")).to_be_checked()

    def await_personal_shelf(self) -> list[str]:
        """The home page becomes personal because of the rating; returns the titles on its first shelf."""
        reason = self.page.locator(".card .reason", has_text=f"Because you liked {BOOK}").first
        load_until(self.page, self.shop, reason.is_visible)
        return self._shelf("Picked for you").locator(".card .title").all_inner_texts()

    def dismiss_at_home(self, title: str) -> None:
        """A book on the personal shelf is dismissed there, disappears, and returns after Undo."""
        shelf = self._shelf("Picked for you")
        self.hands.press(shelf.get_by_role("button", name=f"Not interested in {title}", exact=True))
        expect(self.page.get_by_text(f"We will not recommend {title} to you again.")).to_be_visible()
        assert title not in self._shelf("Picked for you").locator(".card .title").all_inner_texts()
        self._undo()

    def dismiss_on_its_page(self) -> None:
        """A book is dismissed on its own page, which offers Undo."""
        self.hands.press(self.page.get_by_role("button", name="Not interested", exact=True))
        expect(self.page.get_by_text(f"We will not recommend {BOOK} to you again.")).to_be_visible()
        self._undo()

    def sign_up(self, email: str) -> None:
        """A guest creates an account, which keeps their history."""
        self._go_to_account()
        self.hands.press(self.page.get_by_role("link", name="Create account"))
        self._fill_in(email)
        self.hands.press(self.page.get_by_role("button", name="Create account"))
        expect(self.page.get_by_text("Welcome! Your account is ready.")).to_be_visible()
        self.find_history()

    def sign_in(self, email: str) -> None:
        self._go_to_account()
        self.hands.press(self.page.get_by_role("main").get_by_role("link", name="Sign in"))
        self._fill_in(email)
        self.hands.press(self.page.get_by_role("button", name="Sign in"))
        expect(self.page.get_by_text("Welcome back.")).to_be_visible()

    def find_history(self) -> None:
        self._open_history()
        expect(self.page.get_by_text("You gave it 4.5 of 5 stars")).to_be_visible()

    def find_no_history(self) -> None:
        self._open_history()
        expect(self.page.get_by_text("Nothing yet.")).to_be_visible()

    def sign_out(self) -> None:
        self._go_to_account()
        self.hands.press(self.page.get_by_role("button", name="Sign out", exact=True))
        expect(self.page.get_by_text("You are signed out.")).to_be_visible()

    def delete_data(self) -> None:
        self._go_to_account()
        self.hands.press(self.page.get_by_role("link", name="Delete my data"))
        self.hands.type(self.page.get_by_label("Password"), PASSWORD)
        self.hands.press(self.page.get_by_role("button", name="Delete permanently"))
        expect(self.page.get_by_text("Your data has been deleted.")).to_be_visible()

    def fail_to_sign_in(self, email: str) -> None:
        """The account no longer exists."""
        self._go_to_account()
        self.hands.press(self.page.get_by_role("main").get_by_role("link", name="Sign in"))
        self._fill_in(email)
        self.hands.press(self.page.get_by_role("button", name="Sign in"))
        expect(self.page.get_by_text("E-mail or password is incorrect.").first).to_be_visible()

    def _undo(self) -> None:
        self.hands.press(self.page.get_by_role("button", name="Undo"))
        expect(self.page.get_by_text("no longer affects your recommendations")).to_be_visible()

    def _go_to_account(self) -> None:
        self.hands.press(self.page.get_by_role("banner").get_by_role("link", name="Account"))
        expect(self.page.get_by_role("heading", level=1, name="Your account")).to_be_visible()

    def _open_history(self) -> None:
        self.hands.press(self.page.get_by_role("banner").get_by_role("link", name="History"))
        expect(self.page.get_by_role("heading", level=1, name="Your activity")).to_be_visible()

    def _fill_in(self, email: str) -> None:
        self.hands.type(self.page.get_by_label("E-mail"), email)
        self.hands.type(self.page.get_by_label("Password"), PASSWORD)

    def _shelf(self, heading: str) -> Locator:
        return self.page.locator("section", has=self.page.get_by_role("heading", name=heading))
