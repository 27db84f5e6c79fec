"""Messages about an order in two browsers, a reader's and a moderator's."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.pages.hands import Mouse
from tests.e2e.pages.purchase import Moderator, Purchase
from tests.e2e.pages.states import ADDRESS
from tests.e2e.pages.test_purchase import make_moderator
from tests.e2e.pages.visit import PASSWORD
from tests.e2e.processes import Pair, await_that

pytestmark = [pytest.mark.slow, pytest.mark.browser]

POLL_MILLISECONDS = 20_000
RETRY_MILLISECONDS = 30_000


class Side:
    """One side's page of the order."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile("our message"))

    def open(self) -> None:
        self.page.goto(self.url)

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.page.locator("#write button").click()

    def send(self, text: str) -> None:
        """Write, and wait until it is sent."""
        self.write(text)
        expect(self.page.locator(".message[data-number]", has_text=text)).to_be_visible()
        expect(self.page.locator(".waiting")).to_have_count(0)

    def edit(self, number: int, text: str) -> None:
        self.page.get_by_role("link", name=f"Edit message {number}").click()
        self.write(text)

    def poll(self) -> None:
        """Let the time pass until the page asks again."""
        self.page.clock.fast_forward(POLL_MILLISECONDS)

    def shows(self, *texts: str) -> None:
        expect(self.page.locator(".message .text")).to_have_text(list(texts))

    def sent(self) -> list[tuple[str, str]]:
        """Numbers and texts of the messages."""
        found = self.page.locator(".message[data-number]")
        return [
            (message.get_attribute("data-number") or "", message.locator(".text").inner_text())
            for message in found.all()
        ]


@pytest.fixture(scope="module")
def _signed_in(pair: Pair, browser: Browser) -> Iterator[tuple[Purchase, Page]]:
    with ExitStack() as stack:
        contexts = [stack.enter_context(browser.new_context(reduced_motion="reduce")) for _ in range(2)]
        reader, staff = (context.new_page() for context in contexts)
        moderator = Moderator(staff, pair.shop, Mouse())
        moderator.sign_up("answers@example.com")
        make_moderator(pair, "answers@example.com")
        purchase = Purchase(reader, pair.shop, Mouse())
        purchase.add_to_cart()
        purchase.order_two_copies()
        purchase.sign_up_at_checkout("asks@example.com")
        yield purchase, staff


@pytest.fixture
def order(_signed_in: tuple[Purchase, Page]) -> str:
    """The number of an order without messages."""
    purchase, _ = _signed_in
    purchase.add_to_cart()
    page = purchase.page
    page.goto(f"{purchase.shop}/checkout")
    for label, text in ADDRESS.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Country").select_option("GB")
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("heading", level=1, name="Order")).to_be_visible()
    return page.url.rsplit("/", 1)[1]


@pytest.fixture
def reader(order: str, _signed_in: tuple[Purchase, Page]) -> Side:
    """The buyer's page."""
    purchase, _ = _signed_in
    purchase.page.clock.install()
    return Side(purchase.page, f"{purchase.shop}/orders/{order}")


@pytest.fixture
def staff(order: str, _signed_in: tuple[Purchase, Page]) -> Side:
    """The moderator's page."""
    purchase, page = _signed_in
    page.clock.install()
    return Side(page, f"{purchase.shop}/moderator/orders/{order}")


def test_both_sides_show_the_same_after_the_network_was_cut(reader: Side, staff: Side) -> None:
    """While one browser is offline both write and edit; what is typed there is shown as not sent, and sent later."""
    reader.open()
    staff.open()
    reader.page.evaluate("window.isTheSame = true")
    reader.write("Wher is it?")
    reader.shows("Wher is it?")
    staff.poll()
    staff.shows("Wher is it?")

    reader.context.set_offline(True)
    reader.write("I am on a train.")
    expect(reader.page.locator(".waiting")).to_contain_text("there is no connection")
    reader.edit(1, "Where is it?")
    expect(reader.page.locator(".waiting")).to_have_count(2)
    staff.write("It is on its way.")
    staff.write("It arrives tomorow.")
    staff.shows("Wher is it?", "It is on its way.", "It arrives tomorow.")
    staff.edit(3, "It arrives tomorrow.")
    reader.context.set_offline(False)

    expected = ["Where is it?", "It is on its way.", "It arrives tomorrow.", "I am on a train."]
    reader.shows(*expected)
    expect(reader.page.locator(".waiting")).to_have_count(0)
    staff.poll()
    staff.shows(*expected)
    assert reader.sent() == staff.sent() == [(str(number), text) for number, text in enumerate(expected, 1)]
    assert reader.page.evaluate("window.isTheSame")
    reader.poll()
    expect(reader.page.locator(".own .seen:visible")).to_have_count(2)

    # A page that lacks a message inserts it at its place.
    reader.page.locator("#message-2").evaluate("message => message.remove()")
    reader.page.locator(".messages").evaluate("list => { list.dataset.change = 0 }")
    reader.poll()
    reader.shows(*expected)


def test_what_was_typed_survives_a_reload(reader: Side) -> None:
    """A text that is not sent yet stays in its field, one that could not be sent is sent by the next page."""
    reader.open()
    reader.field.fill("Half a sen")
    reader.open()
    expect(reader.field).to_have_value("Half a sen")
    reader.context.set_offline(True)
    reader.write("A whole sentence.")
    expect(reader.page.locator(".waiting")).to_have_count(1)
    reader.page.goto("about:blank")
    reader.context.set_offline(False)
    reader.open()
    expect(reader.page.locator(".message .text").last).to_have_text("A whole sentence.")
    expect(reader.page.locator(".waiting")).to_have_count(0)
    expect(reader.field).to_have_value("")


def test_a_refused_message_can_be_changed(reader: Side) -> None:
    """The page says why it was refused, and gives the text back."""
    reader.open()
    reader.field.evaluate("field => field.removeAttribute('maxlength')")
    reader.write("x" * 4_001)
    expect(reader.page.locator(".waiting")).to_contain_text("Write a message of at most 4,000 characters.")
    reader.page.get_by_role("button", name="Change and send again").click()
    expect(reader.page.locator(".waiting")).to_have_count(0)
    expect(reader.field).to_have_value("x" * 4_001)
    reader.write("Short")
    expect(reader.page.locator(".message .text").last).to_have_text("Short")
    expect(reader.page.locator(".waiting")).to_have_count(0)


def test_without_scripts_it_is_a_form_and_a_page(reader: Side, staff: Side, browser: Browser) -> None:
    """The same messages, written and edited by form; the other side reads them in its page."""
    with browser.new_context(java_script_enabled=False, storage_state=reader.context.storage_state()) as context:
        plain = Side(context.new_page(), reader.url)
        plain.open()
        plain.write("Wher is it?")
        plain.write("Thank you!")
        plain.edit(1, "Where is it?")
        plain.shows("Where is it?", "Thank you!")
        expect(plain.page.locator(".message").first).to_contain_text("edited")
        staff.open()
        staff.send("It is on its way.")
        staff.shows("Where is it?", "Thank you!", "It is on its way.")
        plain.open()
        assert plain.sent() == staff.sent()


def test_what_was_written_with_an_ended_session_is_sent_after_signing_in(reader: Side) -> None:
    """In another tab; the page that is still open sends it with the new session."""
    reader.open()
    reader.context.clear_cookies()
    reader.write("Am I signed in?")
    expect(reader.page.locator(".waiting")).to_contain_text("reload the page")
    with reader.context.new_page() as tab:
        tab.goto(reader.url.replace(urlsplit(reader.url).path, "/account/sign-in"))
        tab.get_by_label("E-mail").fill("asks@example.com")
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(tab.get_by_role("heading", level=1, name="Account")).to_be_visible()

    def is_sent() -> bool:
        reader.page.clock.fast_forward(RETRY_MILLISECONDS)
        return reader.page.locator(".waiting").count() == 0

    # The first attempt brings the new form's token, the second sends.
    await_that(is_sent)
    assert reader.sent() == [("1", "Am I signed in?")]
