"""Links in headless Chromium, with the real service of previews, which may fetch from a site on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from marketplace.domain.links import link_id
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from servicekit.clock import now
from tests.e2e.pages.states import BOOK
from tests.e2e.pages.test_account_mail import look, sign_up
from tests.e2e.pages.test_account_mail import opened as opened_page
from tests.e2e.processes import Process, await_that
from tests.http_server import HttpServer
from tests.marketplace.ordering import order_of, promote
from tests.previews.site import fetcher, html, pages, stub_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]

TITLE = "Emma & <i>friends</i>"
PAGE = """<title>Emma</title>
<meta property="og:title" content="Emma &amp; &lt;i&gt;friends&lt;/i&gt;">
<meta property="og:description" content="A novel about youthful hubris.">
<meta property="og:image" content="/emma.png">
<meta property="og:site_name" content="Books of loopback">
<meta property="book:isbn" content="9780141439587">
"""


class Shop:
    """A shop with previews and without other services, and a site with one book."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder / "marketplace"
        site = stack.enter_context(HttpServer())
        site.answer = pages({"/emma": html(PAGE), "/emma.png": html(_png(), "image/png")})
        self.link = f"{site.url}/emma"
        self.missing = f"{site.url}/missing"
        _, address = stack.enter_context(stub_of(folder, lambda: fetcher(site)))
        process = Process(
            "marketplace",
            {
                "MARKETPLACE_DATA_DIR": str(self.folder),
                "MARKETPLACE_PORT": "0",
                "RECOMMENDATIONS_PORT": "1",
                "PREVIEWS_HOST": "127.0.0.1",
                "PREVIEWS_PORT": address.rpartition(":")[2],
            },
        )
        stack.callback(process.stop)
        self.url = f"http://127.0.0.1:{process.port}"

    def order(self, email: str) -> str:
        """Order a book for an account; returns the order's id."""
        with self.store() as store:
            return order_of(store, reader_of(store, email), int(BOOK.rpartition("/")[2]))

    def make_moderator(self, email: str) -> None:
        with self.store() as store:
            promote(store, reader_of(store, email))

    def store(self) -> closing[Store]:
        """The store of the shop."""
        return closing(open_store(Settings(data_dir=self.folder).database))


def reader_of(store: Store, email: str) -> int:
    """The reader id of an account."""
    with store.read() as work:
        account = work.accounts.by_email(email)
    assert account
    return account.reader_id


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for these tests."""
    with ExitStack() as stack:
        yield Shop(tmp_path_factory.mktemp("links"), stack)


def _png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (200, 300), "teal").save(file, "PNG")
    return file.getvalue()


def send(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message .text").last).to_have_text(text)


def expect_card(page: Page, link: str) -> None:
    """Load the page until the card is there; its picture is shown, and all of it leads to the page."""

    def is_there() -> bool:
        page.reload()
        return page.locator(".link-card").count() > 0

    await_that(is_there, show=page.content)
    card = page.locator(".link-card").last
    expect(card).to_contain_text(TITLE)
    expect(card).to_contain_text("A novel about youthful hubris.")
    expect(card).to_contain_text("Books of loopback")
    expect(card).to_have_attribute("href", link)
    expect(card).to_have_attribute("rel", "noopener nofollow ugc")
    expect_picture(page, card.locator("img"))


def expect_picture(page: Page, image: Locator) -> None:
    """The shop serves the picture itself."""
    response = page.request.get(urljoin(page.url, image.get_attribute("src")))
    assert (response.ok, response.headers["content-type"]) == (True, "image/jpeg")


@pytest.mark.parametrize("way", ["scripts", "no-scripts"])
def test_a_reader_and_a_moderator_exchange_a_link(shop: Shop, browser: Browser, way: str) -> None:
    """Both see the card once the page has been read; the page is accessible, and the link opens by itself."""
    violations: list[tuple[str, int, str, str]] = []
    reader, moderator = f"reader-{way}@example.com", f"moderator-{way}@example.com"
    with (
        opened_page(browser, scripts=way == "scripts") as mine,
        opened_page(browser, scripts=way == "scripts") as theirs,
    ):
        sign_up(mine, shop.url, reader)
        sign_up(theirs, shop.url, moderator)
        shop.make_moderator(moderator)
        order = shop.order(reader)
        mine.goto(f"{shop.url}/orders/{order}")
        send(mine, f"Have you got this one? ({shop.link})")
        theirs.goto(f"{shop.url}/moderator/orders/{order}")
        expect_card(theirs, shop.link)
        send(theirs, f"Yes: {shop.link}.")
        expect(theirs.locator(".link-card")).to_have_count(2)
        mine.goto(f"{shop.url}/orders/{order}")
        expect_card(mine, shop.link)
        if way == "scripts":  # which axe needs
            look(mine, violations)
            look(theirs, violations)
        with mine.context.expect_page() as opened:
            mine.locator(".link-card").first.click()
        assert opened.value.url == shop.link
        assert opened.value.evaluate("window.opener") is None
    assert violations == []


@pytest.mark.parametrize("way", ["scripts", "no-scripts"])
def test_a_moderator_fills_in_a_book_from_a_link(shop: Shop, browser: Browser, way: str) -> None:
    """The page waits by itself, with and without scripts, then shows what it found; the book gets the picture."""
    violations: list[tuple[str, int, str, str]] = []
    moderator = f"filling-{way}@example.com"
    with opened_page(browser, scripts=way == "scripts") as page:
        sign_up(page, shop.url, moderator)
        shop.make_moderator(moderator)
        page.goto(f"{shop.url}/moderator/books/new")
        page.get_by_label("Link").fill(f"{shop.missing}-{way}")
        page.get_by_role("button", name="Fill in from link").click()
        failed = page.get_by_role("alert")
        expect(failed).to_have_text("The site answered that there is nothing at this address.", timeout=30_000)
        if way == "scripts":
            look(page, violations)
        page.get_by_label("Link").fill(shop.link)
        page.get_by_role("button", name="Fill in from link").click()
        expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value(TITLE, timeout=30_000)
        expect(page.get_by_role("textbox", name="ISBN", exact=True)).to_have_value("9780141439587")
        if way == "scripts":
            look(page, violations)
        page.get_by_role("button", name="Add book").click()
        page.get_by_role("link", name="View in shop").click()
        expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
        expect_picture(page, page.locator(".book-cover img").last)
    assert violations == []


def test_the_waiting_page_is_accessible(shop: Shop, browser: Browser) -> None:
    """It says what it waits for, and the form by hand is one step away."""
    violations: list[tuple[str, int, str, str]] = []
    with opened_page(browser) as page:
        sign_up(page, shop.url, "waiting@example.com")
        shop.make_moderator("waiting@example.com")
        page.goto(f"{shop.url}/moderator/books/new?link={_unread(shop)}")
        expect(page.get_by_text("Reading")).to_be_visible()
        look(page, violations)
        page.get_by_role("link", name="Fill in by hand").click()
        expect(page.get_by_role("textbox", name="Title", exact=True)).to_be_visible()
    assert violations == []


def _unread(shop: Shop) -> str:
    """The id of a link that nobody reads, since there is no event for it."""
    url = "https://books.example/unread"
    with shop.store() as store, store.write() as work:
        work.link_previews.ask(url, at=now())
        work.commit()
    return link_id(url)
