"""Open pages that hear of changes, in headless Chromium."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr
from werkzeug.serving import make_server

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.conversations import Draft
from marketplace.domain.events import LIVE
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.gateways.http_receiver import HttpReceiver
from marketplace.relay.relay import Relay
from marketplace.relay.senders import EventsSender
from marketplace.settings import Settings
from marketplace.store import open_store
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.moderation import Moderation
from tests.e2e.processes import await_that
from tests.live.running import SECRET, Running, running
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import change_states, order_of, promote
from tests.marketplace.stored import put

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PASSWORD = "many small green islands"
SHORT = 5_000
"""Milliseconds; shorter than the twenty seconds between polls of a paid order."""

RECORD = """
window.told = [];
for (const name of ["live:changed", "live:note", "live:state"]) {
  document.addEventListener(name, ({ detail }) => told.push([name, detail]));
}
"""


class Shop:
    """A shop with its relay to live, in this process; live itself is started by tests, again and again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        with running() as started:
            self.live_port = started.port
        live_url = f"http://127.0.0.1:{self.live_port}/events"
        self.store = stack.enter_context(closing(open_store(f"sqlite:///{folder / 'shop.db'}", has_live=True)))
        self.store.migrate()
        put(self.store, Book(id=20, title="Dune", price=Money(999, "EUR")))
        settings = Settings.model_validate(
            {"data_dir": folder, "live_url": live_url, "live_secret": SecretStr(SECRET)}
        )
        app = create_app(settings, FakeRecommender(), store=self.store, passwords=quick_passwords())
        server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{server.port}"
        self._wake, stop = Event(), Event()
        receiver = HttpReceiver(live_url, SECRET)
        stack.callback(receiver.close)
        sender = EventsSender(LIVE, receiver, source=self.url)
        relay = Relay(self.store, sender, wake=self._wake, stop=stop)
        threads = [Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}), Thread(target=relay.run)]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        stack.callback(self._wake.set)
        stack.callback(stop.set)

    @contextmanager
    def live(self) -> Iterator[Running]:
        """Live runs during the block, always at the same address."""
        with running(port=self.live_port, origin=self.url) as started:
            yield started

    def reader(self, email: str) -> int:
        with self.store.read() as work:
            account = work.accounts.by_email(email)
        assert account
        return account.reader_id

    def order(self, email: str) -> str:
        """A paid order of a reader."""
        return order_of(self.store, self.reader(email), 20, 1, OrderState.PAID)

    def ship(self, order_id: str) -> None:
        """As a moderator does."""
        moderation = Moderation(self.store, changed=lambda _: None, wake=self._wake.set)
        moderation.change_order_state(self.reader("mod@example.com"), order_id, OrderState.SHIPPED)

    def write(self, email: str, order_id: str, text: str) -> None:
        """As the reader does."""
        draft = Draft(f"m-{text}", text)
        Conversations(self.store, wake=self._wake.set).write(self.reader(email), order_id, draft)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose live is not running."""
    with ExitStack() as stack:
        yield Shop(tmp_path, stack)


@contextmanager
def signed_in(browser: Browser, shop: Shop, email: str) -> Iterator[Page]:
    """A page of a new reader, which records what live.js dispatches."""
    with browser.new_context() as context:
        context.add_init_script(RECORD)
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{shop.url}/account/sign-up")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Create account").click()
        expect(page.get_by_text("Welcome! Your account is ready.")).to_be_visible()
        yield page
        assert faults == []


def await_connected(page: Page, connected: bool) -> None:
    """Wait until the page's last state is this one."""
    last = "told.filter(([name]) => name === 'live:state').at(-1)?.[1].connected"
    # Not `wait_for_function`, whose repetitions need eval, which the pages' security policy forbids.
    await_that(lambda: page.evaluate(last) is connected)


def test_an_order_that_ships_changes_its_open_page(shop: Shop, browser: Browser) -> None:
    """At once, without a poll; so do the moderators' tables of orders and of conversations."""
    with (
        signed_in(browser, shop, "ann@example.com") as page,
        signed_in(browser, shop, "mod@example.com") as staff,
        shop.live(),
    ):
        promote(shop.store, shop.reader("mod@example.com"))
        order_id = shop.order("ann@example.com")
        page.goto(f"{shop.url}/orders/{order_id}")
        staff.goto(f"{shop.url}/moderator/orders")
        await_connected(page, True)
        await_connected(staff, True)
        expect(staff.locator("#orders .badge.paid")).to_have_count(1)
        shop.ship(order_id)
        expect(page.get_by_text("Your books have shipped.")).to_be_visible(timeout=SHORT)
        expect(staff.locator("#orders .badge.shipped")).to_have_count(1, timeout=SHORT)
        staff.goto(f"{shop.url}/moderator/conversations")
        await_connected(staff, True)
        shop.write("ann@example.com", order_id, "Where is it?")
        expect(staff.get_by_role("cell", name="Where is it?")).to_be_visible(timeout=SHORT)
        link = staff.get_by_role("link", name=order_id)
        link.focus()
        shop.write("ann@example.com", order_id, "Hello?")
        expect(staff.get_by_role("cell", name="Hello?")).to_be_visible(timeout=SHORT)
        expect(link).to_be_focused()
        changes = page.evaluate("told.filter(([name]) => name === 'live:changed').map(([, detail]) => detail)")
        numbers = [change["number"] for change in changes if change["topic"] == f"orders/{order_id}"]
        # Those of placing and paying the order may come before the page is connected, or after.
        assert 2 <= len(numbers) <= 4
        assert numbers[0] == 0
        assert numbers == sorted(set(numbers))


def test_a_conversation_is_the_same_on_both_sides_at_once(shop: Shop, browser: Browser) -> None:
    """Messages, that one side is writing, and that it has seen the other's, without a poll."""
    with (
        signed_in(browser, shop, "ann@example.com") as page,
        signed_in(browser, shop, "mod@example.com") as staff,
        shop.live(),
    ):
        promote(shop.store, shop.reader("mod@example.com"))
        order_id = shop.order("ann@example.com")
        page.goto(f"{shop.url}/orders/{order_id}")
        staff.goto(f"{shop.url}/moderator/orders/{order_id}")
        await_connected(page, True)
        await_connected(staff, True)
        page.get_by_label("Your message").press_sequentially("Where is it?")
        expect(staff.get_by_text("The buyer is writing…")).to_be_visible(timeout=SHORT)
        # This side's relay is woken by the test: the shop of these tests has none.
        shop.write("ann@example.com", order_id, "Hello!")
        expect(staff.locator(".message .text")).to_have_text(["Hello!"], timeout=SHORT)
        expect(staff.get_by_text("The buyer is writing…")).to_be_hidden()
        expect(page.locator(".message .text")).to_have_text(["Hello!"], timeout=SHORT)
        expect(page.locator(".message .seen")).to_be_visible(timeout=SHORT)


def test_a_page_polls_while_live_is_down_and_comes_back(shop: Shop, browser: Browser) -> None:
    """It asks the shop after it has connected again, since it may have missed something."""
    with signed_in(browser, shop, "ann@example.com") as page, signed_in(browser, shop, "mod@example.com"):
        promote(shop.store, shop.reader("mod@example.com"))
        order_id = order_of(shop.store, shop.reader("ann@example.com"), 20, 1)
        with shop.live():
            page.goto(f"{shop.url}/orders/{order_id}")
            await_connected(page, True)
        await_connected(page, False)
        change_states(shop.store, order_id, OrderState.PAID)
        # Polling is every two seconds while the payment is awaited, every twenty afterwards.
        expect(page.get_by_text("We are packing your books.")).to_be_visible(timeout=SHORT)
        shop.ship(order_id)
        with shop.live():
            page.evaluate("dispatchEvent(new Event('online'))")
            await_connected(page, True)
            expect(page.get_by_text("Your books have shipped.")).to_be_visible(timeout=SHORT)


def test_notes_pass_between_pages(shop: Shop, browser: Browser) -> None:
    """A page watches a topic and sends notes by events on its document; without a WebSocket it hears them still."""
    with (
        signed_in(browser, shop, "ann@example.com") as page,
        signed_in(browser, shop, "mod@example.com") as staff,
        shop.live() as live,
    ):
        promote(shop.store, shop.reader("mod@example.com"))
        order_id = shop.order("ann@example.com")
        topic = f"conversations/{order_id}"
        staff.add_init_script(
            "window.WebSocket = class { constructor() { setTimeout(() => this.onerror()); } close() {} };"
        )
        page.goto(f"{shop.url}/orders/{order_id}")
        staff.goto(f"{shop.url}/moderator/orders/{order_id}")
        for opened in (page, staff):
            opened.evaluate(
                "topic => document.dispatchEvent(new CustomEvent('live:watch', { detail: { topic } }))", topic
            )
            changed = partial(
                opened.evaluate,
                "topic => told.some(([name, detail]) => name === 'live:changed' && detail.topic === topic)",
                topic,
            )
            await_that(changed)
        live.await_connections(2)
        page.evaluate(
            "topic => document.dispatchEvent(new CustomEvent('live:send', { detail: { topic, note: 'writing' } }))",
            topic,
        )
        await_that(lambda: staff.evaluate("told.some(([name]) => name === 'live:note')"))
        notes = staff.evaluate("told.filter(([name]) => name === 'live:note').map(([, detail]) => detail)")
        assert notes == [{"topic": topic, "note": "writing", "by": "reader"}]
        assert page.evaluate("told.filter(([name]) => name === 'live:note')") == []
