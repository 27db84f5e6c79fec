"""The account pages in both languages, in headless Chromium."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.settings import Settings
from marketplace.store import open_store
from tests.e2e.pages.hands import Hands, Keyboard, Mouse
from tests.e2e.pages.test_look import AXE, RULES, violations_of
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDTHS = (320, 375, 1440)
EMAIL, PASSWORD = "anna.konstantinopolskaya@example.com", "correct horse"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """The address of a shop with one book."""
    with closing(open_store(f"sqlite:///{tmp_path / 'shop.db'}")) as store:
        store.migrate()
        put(store, Book(id=20, title="Dune"))
        app = create_app(Settings(data_dir=tmp_path), FakeRecommender(), store=store, passwords=quick_passwords())
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.mark.parametrize("way", ["mouse", "keyboard", "no script"])
def test_a_reader_chooses_a_language_and_keeps_it(shop: str, browser: Browser, way: str) -> None:
    """From the footer, with the page's parameters kept, through signing up and out; the shop stays in English."""
    with browser.new_context(java_script_enabled=way != "no script", locale="en-GB") as context:
        page = context.new_page()
        # Without JavaScript no page can say where the focus is.
        hands: Hands = Keyboard(page) if way == "keyboard" else Mouse()
        page.goto(f"{shop}/account/sign-up?next=/account/password")
        hands.press(page.get_by_role("navigation", name="Language").get_by_role("link", name="Русский"))
        expect(page).to_have_url(f"{shop}/account/sign-up?next=%2Faccount%2Fpassword")
        expect(page.locator("html")).to_have_attribute("lang", "ru")
        expect(page.get_by_role("heading", level=1, name="Создать аккаунт")).to_be_visible()
        hands.type(page.get_by_label("Электронная почта"), EMAIL)
        hands.type(page.get_by_label("Пароль"), PASSWORD)
        hands.press(page.get_by_role("button", name="Создать аккаунт"))
        expect(page.get_by_role("heading", level=1, name="Сменить пароль")).to_be_visible()
        expect(page.get_by_text("Добро пожаловать! Аккаунт создан.")).to_be_visible()
        hands.press(page.get_by_role("navigation", name="Главное меню").get_by_role("link", name="Корзина"))
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("heading", level=1, name="Your cart")).to_be_visible()
        page.goto(f"{shop}/account")
        hands.press(page.get_by_role("button", name="Выйти", exact=True))
        expect(page.get_by_text("Вы вышли из аккаунта.")).to_be_visible()
        hands.press(page.get_by_role("navigation", name="Язык").get_by_role("link", name="English"))
        expect(page.get_by_role("heading", level=1, name="Your account")).to_be_visible()


def test_a_browser_in_russian_sees_russian_account_pages(shop: str, browser: Browser) -> None:
    """Without any choice."""
    with browser.new_context(locale="ru-RU") as context:
        page = context.new_page()
        page.goto(f"{shop}/account")
        expect(page.get_by_role("heading", level=1, name="Личный кабинет")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "ru-RU"])
def test_longer_words_fit(shop: str, browser: Browser, locale: str, tmp_path: Path) -> None:
    """Every account page, also with errors, at three widths: axe finds nothing, and nothing scrolls sideways."""
    everything = {"type": "tag", "values": RULES}
    found: list[tuple[object, ...]] = []

    def look(page: Page, name: str) -> None:
        page.evaluate(AXE)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found.extend((name, width, *violation) for violation in violations_of(page, everything))
            found.extend((name, width, "is cut off", text) for text in page.evaluate(CUT_OFF))
            page.screenshot(path=tmp_path / f"{locale}-{name}-{width}.png", full_page=True)

    with browser.new_context(locale=locale, reduced_motion="reduce") as context:
        page = context.new_page()
        for name in ("sign-up", "sign-in", "nothing"):
            page.goto(f"{shop}/account/{name}")
            look(page, name)
        page.goto(f"{shop}/account/sign-up")
        page.locator("#email").fill("nobody")
        page.locator("#password").fill("short")
        page.locator("main form").evaluate("form => { form.noValidate = true }")
        page.locator("main form button").click()
        page.locator(".errors").wait_for()
        look(page, "errors")
        page.goto(f"{shop}/account/sign-up")
        page.locator("#email").fill(EMAIL)
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button").click()
        page.locator("#flash .notice").wait_for()
        look(page, "account")
        for name in ("password", "forget"):
            page.goto(f"{shop}/account/{name}")
            look(page, name)
    assert found == []


CUT_OFF = """
[...document.querySelectorAll("a, button, label, h1, h2, p, li")]
  .filter((element) => !element.closest(".hidden, .skip") && element.scrollWidth > element.clientWidth + 1
    && getComputedStyle(element).display !== "inline")
  .map((element) => element.textContent.trim().slice(0, 60))
"""
"""The texts that are wider than their elements."""
