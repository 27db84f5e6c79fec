"""Accessibility, layout and size of the pages, in headless Chromium."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, CDPSession, Page, StorageState, ViewportSize, expect

from marketplace.app import create_app
from marketplace.settings import Settings
from marketplace.web.api import OPERATIONS
from tests.drills import is_running
from tests.e2e.pages.shop_state import prepare_moderator
from tests.e2e.pages.states import BOOK, STATES, Who, cookies_of_all
from tests.e2e.processes import Pair, start_pair

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
NARROW: ViewportSize = {"width": 375, "height": 900}
WIDE: ViewportSize = {"width": 1440, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MAX_BYTES = 60_000
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
pytestmark = pytest.mark.long

NOT_PAGES = {
    "static",
    "cover.image",
    "picture.image",
    "health.alive",
    "health.ready",
    "health.robots",
    "account.download",
    "search.suggest",
    "orders.state",
    "orders.messages",
    "moderator.order_messages",
    "live.ticket",
    "api.document",
    *(f"api.{operation.name}" for operation in OPERATIONS),
}
# Its path has an id that the shop makes; a state on another page leads there.
REACHED_BY_LINK = {"orders.page", "contact.conversation"}
Cookies = Mapping[Who, StorageState | None]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Services for these tests alone, because a failed event stays in the outbox."""
    with ExitStack() as stack:
        yield start_pair(tmp_path_factory.mktemp("pair"), stack)


@pytest.fixture(scope="module")
def cookies(pair: Pair, browser: Browser) -> Cookies:
    return cookies_of_all(browser, pair.shop, lambda email: prepare_moderator(pair, email))


def test_every_page_has_a_state(tmp_path: Path) -> None:
    """Every route that returns a page is among those that are tested here."""
    app = create_app(Settings(data_dir=tmp_path))
    known = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - NOT_PAGES
    with app.test_request_context("/"):
        routes = app.create_url_adapter(None) or app.url_map.bind("localhost")
    tested = {routes.match(state.path.split("?")[0])[0] for state in STATES if state.path != "/nothing-here"}
    assert tested | REACHED_BY_LINK == known


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("who", Who)
def test_axe_finds_no_violation(pair: Pair, browser: Browser, cookies: Cookies, who: Who) -> None:
    """Every page in every state meets WCAG 2.2 AA and best practice, and does not scroll sideways.

    All rules are checked on a narrow light page. A wide dark page can only change colours and sideways scrolling; the
    drill checks all rules there too.
    """
    everything = {"type": "tag", "values": RULES}
    colours = everything if is_running("look") else {"type": "rule", "values": ["color-contrast"]}
    violations = []
    for state in (state for state in STATES if state.who is who):
        with browser.new_context(
            viewport=NARROW, color_scheme="light", storage_state=cookies[who], reduced_motion="reduce"
        ) as context:
            page = context.new_page()
            page.goto(pair.shop.rstrip("/") + state.path)
            state.do(page)
            page.evaluate(AXE)
            violations += [
                (state.path, "narrow and light", *violation) for violation in violations_of(page, everything)
            ]
            page.set_viewport_size(WIDE)
            page.emulate_media(color_scheme="dark")
            violations += [(state.path, "wide and dark", *violation) for violation in violations_of(page, colours)]
    assert violations == []


def violations_of(page: Page, rules: dict[str, Any]) -> list[tuple[str, str]]:
    """The rules that a page violates, each with the first element that does."""
    result = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", rules)
    violations = [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        violations.append(("scrolls sideways", ""))
    return violations


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("who", [Who.VISITOR, Who.GUEST])
def test_home_is_light(pair: Pair, browser: Browser, cookies: Cookies, who: Who) -> None:
    """With all covers and headers it takes at most 60 KB."""
    with browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=cookies[who]) as context:
        page = context.new_page()
        sizes = sizes_of(context.new_cdp_session(page))
        page.goto(pair.shop)
        covers = page.locator(".cover img")
        for cover in covers.all():
            cover.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        assert len(sizes) >= covers.count()
        assert 20_000 < sum(sizes.values()) <= MAX_BYTES


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("path", ["/", BOOK, "/search?q=christie", "/history"])
def test_nothing_moves_while_a_page_loads(
    pair: Pair, browser: Browser, cookies: Cookies, path: str, width: int
) -> None:
    """Every picture has its space before it loads, on a slow connection too."""
    with browser.new_context(viewport={"width": width, "height": 900}, storage_state=cookies[Who.GUEST]) as context:
        page = context.new_page()
        page.add_init_script(SHIFTS)
        slowed = {"offline": False, "latency": 50, "downloadThroughput": 100_000, "uploadThroughput": 100_000}
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", slowed)
        page.goto(pair.shop.rstrip("/") + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shifted") == 0


@pytest.mark.slow
@pytest.mark.browser
def test_suggestions_work_by_keyboard(pair: Pair, browser: Browser) -> None:
    """They open while typing; arrow keys select, Escape closes, and Enter opens the selected one."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(pair.shop)
        field = page.get_by_role("combobox")
        field.press_sequentially("agath")
        first = page.get_by_role("option").first
        expect(first).to_be_visible()
        expect(field).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowDown")
        expect(first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        expect(first).to_be_hidden()
        expect(field).to_have_value("agath")
        field.press_sequentially("a")
        expect(first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Agatha Christie")).to_be_visible()


@pytest.mark.slow
@pytest.mark.browser
def test_an_action_keeps_the_readers_position(pair: Pair, browser: Browser, cookies: Cookies) -> None:
    """With scripts a dismissed book disappears without a page load, and the focus moves to the notice."""
    with browser.new_context(storage_state=cookies[Who.GUEST], reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(pair.shop)
        page.evaluate("window.same = true")
        dismiss_button = page.locator(".card").get_by_role("button").nth(2)
        dismiss_button.click()
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert page.evaluate("window.same") is True
        assert page.evaluate("document.activeElement.closest('#flash') !== null")
        undo(page)


def undo(page: Page) -> None:
    """Undo the last action, for the tests that come after."""
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("no longer affects your recommendations")).to_be_visible()


def sizes_of(session: CDPSession) -> dict[str, float]:
    """The bytes of every response on the wire, headers included; filled while they arrive."""
    sizes: dict[str, float] = {}
    session.on(
        "Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]})
    )
    session.send("Network.enable")
    return sizes
