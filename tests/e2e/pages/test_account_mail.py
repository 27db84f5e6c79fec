"""Links from mails in headless Chromium: a forgotten password, and a new address."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from marketplace.settings import Settings
from marketplace.store import open_store
from tests.e2e.conftest import CHROMIUM_ARGUMENTS
from tests.e2e.pages.hands import Hands, Keyboard, Mouse
from tests.e2e.pages.test_look import AXE, RULES, violations_of
from tests.e2e.processes import Process
from tests.marketplace.stored import notices_of
from tests.system_requirements import chromium

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PASSWORD, NEW_PASSWORD = "many small green islands", "four tall blue lighthouses"
HOST = "books.test"
"""A name that Chromium does not trust without TLS, unlike localhost: it sends Origin, but no Sec-Fetch-Site."""
EVERYTHING = {"type": "tag", "values": RULES}
WIDTHS = (320, 375, 1440)


class Shop:
    """A shop without other services, and the mails that wait in its outbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = Process(
            "marketplace",
            {
                "MARKETPLACE_DATA_DIR": str(folder),
                "MARKETPLACE_PORT": "0",
                "MARKETPLACE_TRUSTED_HOSTS": f"127.0.0.1,{HOST}",
                "RECOMMENDATIONS_PORT": "1",
            },
        )
        self.url = f"http://127.0.0.1:{self.process.port}"

    def link_to(self, email: str) -> str:
        """The path of the link in the last mail to an address."""
        with closing(open_store(Settings(data_dir=self.folder).database)) as store:
            return [notice.path for notice in notices_of(store) if notice.to == email][-1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for these tests."""
    started = Shop(tmp_path_factory.mktemp("shop"))
    yield started
    started.process.stop()


@contextmanager
def opened(browser: Browser, *, scripts: bool = True) -> Iterator[Page]:
    """A page of a fresh browser that records its requests; none may tell another page its address's token."""
    requests: list[Request] = []
    with browser.new_context(java_script_enabled=scripts, reduced_motion="reduce") as context:
        page = context.new_page()
        page.on("request", lambda request: requests.append(request))  # noqa: PLW0108
        yield page
        assert [request.url for request in requests if "token=" in request.all_headers().get("referer", "")] == []


def look(page: Page, violations: list[tuple[str, int, str, str]]) -> None:
    """Check the page at three widths."""
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        violations += [(page.title(), width, *violation) for violation in violations_of(page, EVERYTHING)]


def sign_up(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/account/sign-up")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Welcome! Your account is ready.")).to_be_visible()


def request_reset(page: Page, hands: Hands, url: str, email: str) -> None:
    """From the sign-in page to the answer."""
    page.goto(f"{url}/account/sign-in")
    hands.press(page.get_by_role("link", name="Forgot your password?"))
    expect(page.get_by_role("heading", level=1, name="Forgot your password?")).to_be_visible()
    hands.type(page.get_by_label("E-mail"), email)
    hands.press(page.get_by_role("button", name="Send link"))
    expect(page.get_by_text("If there is an account with this e-mail, we have sent a link.")).to_be_visible()


@pytest.mark.parametrize("way", ["mouse", "no-scripts", "keyboard"])
def test_a_forgotten_password(shop: Shop, browser: Browser, way: str) -> None:
    """A link sets a new password after an unfit one, signs in, and works once; the other browser is signed out."""
    email = f"{way}@example.com"
    with opened(browser) as elsewhere, opened(browser, scripts=way != "no-scripts") as page:
        sign_up(elsewhere, shop.url, email)
        hands = Keyboard(page) if way == "keyboard" else Mouse()
        request_reset(page, hands, shop.url, email)
        link = shop.url + shop.link_to(email)
        page.goto(link)
        hands.type(page.get_by_label("New password"), "password")
        hands.press(page.get_by_role("button", name="Set password"))
        expect(page.get_by_role("alert")).to_contain_text("That password is too common.")
        hands.type(page.get_by_label("New password"), NEW_PASSWORD)
        hands.press(page.get_by_role("button", name="Set password"))
        expect(page.get_by_text("You are signed in here, and signed out everywhere else.")).to_be_visible()
        expect(page.get_by_text(f"You are signed in as {email}.")).to_be_visible()
        elsewhere.goto(f"{shop.url}/account")
        expect(elsewhere.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
        page.goto(link)
        hands.press(page.get_by_role("link", name="Request a new link"))
        expect(page.get_by_role("button", name="Send link")).to_be_visible()


@pytest.mark.parametrize("way", ["mouse", "no-scripts", "keyboard"])
def test_a_new_address(shop: Shop, browser: Browser, way: str) -> None:
    """An address is confirmed, then changed, and all browsers are signed out."""
    email, new = f"first-{way}@example.com", f"second-{way}@example.com"
    with opened(browser, scripts=way != "no-scripts") as page:
        hands = Keyboard(page) if way == "keyboard" else Mouse()
        sign_up(page, shop.url, email)
        expect(page.get_by_text("Your e-mail address is not confirmed.")).to_be_visible()
        hands.press(page.get_by_role("button", name="Send again"))
        expect(page.get_by_text("We have sent a link.")).to_be_visible()
        page.goto(shop.url + shop.link_to(email))
        hands.press(page.get_by_role("button", name="Confirm address"))
        expect(page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()
        hands.press(page.get_by_role("link", name="Change e-mail"))
        hands.type(page.get_by_label("New e-mail"), new)
        hands.type(page.get_by_label("Current password"), PASSWORD)
        hands.press(page.get_by_role("button", name="Send link"))
        expect(page.get_by_text(f"Your address will change to {new}")).to_be_visible()
        page.goto(shop.url + shop.link_to(new))
        hands.press(page.get_by_role("button", name="Confirm address"))
        expect(page.get_by_text(f"You are signed in as {new}.")).to_be_visible()
        hands.press(page.get_by_role("button", name="Sign out in all browsers"))
        expect(page.get_by_text("You are signed out in all browsers.")).to_be_visible()


def test_axe_finds_no_violation(shop: Shop, browser: Browser) -> None:
    """On every page of links, with errors and messages, at three widths, and nothing scrolls sideways."""
    violations: list[tuple[str, int, str, str]] = []
    email, new = "a.reader.with.a.long.name@an-example-with-a-long-name.com", "new@example.com"
    with opened(browser) as page, opened(browser) as stranger:
        sign_up(page, shop.url, email)
        look(page, violations)
        page.goto(f"{shop.url}/account/email")
        page.get_by_label("New e-mail").fill(email)
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Send link").click()
        look(page, violations)
        page.get_by_label("New e-mail").fill(new)
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Send link").click()
        look(page, violations)
        change = shop.url + shop.link_to(new)
        for reader in (page, stranger):
            reader.goto(change)
            look(reader, violations)
        request_reset(stranger, Mouse(), shop.url, email)
        look(stranger, violations)
        stranger.goto(shop.url + shop.link_to(email))
        look(stranger, violations)
        stranger.get_by_label("New password").fill("password")
        stranger.get_by_role("button", name="Set password").click()
        look(stranger, violations)
    assert violations == []


def test_a_reset_works_without_tls(shop: Shop, browser: Browser) -> None:
    """At an address that Chromium does not trust, where the form is accepted by its Origin.

    With `Referrer-Policy: no-referrer` that would be `null`, and the form refused.
    """
    email = "plain@example.com"
    url = f"http://{HOST}:{shop.process.port}"
    arguments = [*CHROMIUM_ARGUMENTS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
    other = browser.browser_type.launch(executable_path=chromium(), args=arguments)
    posted: list[Request] = []
    with closing(other), opened(other) as page:
        sign_up(page, url, email)
        page.get_by_role("button", name="Sign out", exact=True).click()
        request_reset(page, Mouse(), url, email)
        page.goto(url + shop.link_to(email))
        page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
        page.get_by_label("New password").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Set password").click()
        expect(page.get_by_text("You are signed in here")).to_be_visible()
        headers = posted[0].all_headers()
    assert headers["origin"] == url
    assert "sec-fetch-site" not in headers
