"""The contact form in headless Chromium on a phone: of a guest, who gets a link by mail, and of a reader."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.settings import Settings
from marketplace.store import open_store
from tests.e2e.pages.test_account_mail import Shop, look, opened, sign_up
from tests.marketplace.ordering import promote

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NARROW = 375


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for these tests."""
    started = Shop(tmp_path_factory.mktemp("shop"))
    yield started
    started.process.stop()


def be_moderator(page: Page, shop: Shop, email: str) -> None:
    sign_up(page, shop.url, email)
    with closing(open_store(Settings(data_dir=shop.folder).database)) as store:
        with store.read() as work:
            account = work.accounts.by_email(email)
        assert account
        promote(store, account.reader_id)


def answer(page: Page, shop: Shop, question: str) -> None:
    """Open the conversation with this message from the box, and answer it."""
    page.goto(f"{shop.url}/moderator/conversations")
    page.get_by_role("row").filter(has_text=question).get_by_role("link").click()
    send(page, "Yes, we do.\nFor free.")


def send(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message", has_text=text.split("\n", maxsplit=1)[0])).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_guest_writes_and_is_answered_by_mail(shop: Shop, browser: Browser, scripts: bool) -> None:
    """From the footer's link to the second message by the mail's link; every page is accessible."""
    way = "scripts" if scripts else "no-scripts"
    email, question = f"guest-{way}@example.com", f"Do you gift-wrap? By {way}."
    violations: list[tuple[str, int, str, str]] = []

    def check(looked_at: Page) -> None:
        if scripts:  # axe needs them; the pages are the same
            look(looked_at, violations)

    with opened(browser, scripts=scripts) as page, opened(browser) as desk:
        page.set_viewport_size({"width": NARROW, "height": 900})
        be_moderator(desk, shop, f"moderator-{way}@example.com")
        page.goto(shop.url)
        page.get_by_role("contentinfo").get_by_role("link", name="Contact us").click()
        page.get_by_label("E-mail").fill("not@an address")
        page.get_by_label("Your message").fill(question)
        page.locator("main form").evaluate("form => { form.noValidate = true }")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert")).to_contain_text("Enter an e-mail address")
        check(page)
        page.get_by_label("E-mail").fill(email)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("We have your message and will answer by e-mail.")).to_be_visible()
        check(page)
        answer(desk, shop, question)
        look(desk, violations)
        link = shop.url + shop.link_to(email)
        page.goto(link)
        expect(page.locator(".message")).to_contain_text([question, "Yes, we do."])
        send(page, "Thank you!")
        expect(page.locator(".waiting")).to_have_count(0)
        # With scripts the page stays as it is.
        expect(page).to_have_url(link if scripts else f"{link}#conversation")
        check(page)
        desk.reload()
        expect(desk.locator(".message")).to_contain_text([question, "Yes, we do.", "Thank you!"])
        desk.get_by_role("link", name="Delete …").click()
        desk.get_by_role("button", name="Delete permanently").click()
        expect(desk.get_by_text("The conversation is deleted.")).to_be_visible()
        page.goto(link)
        expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
        check(page)
    assert violations == []


def test_a_reader_finds_the_answer_in_their_account(shop: Shop, browser: Browser) -> None:
    """Among their messages, as new until they open it."""
    with opened(browser) as page, opened(browser) as desk:
        page.set_viewport_size({"width": NARROW, "height": 900})
        be_moderator(desk, shop, "moderator@example.com")
        sign_up(page, shop.url, "reader@example.com")
        page.get_by_role("contentinfo").get_by_role("link", name="Contact us").click()
        send(page, "Do you buy books?")
        answer(desk, shop, "Do you buy books?")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Account").click()
        page.get_by_role("link", name="Your messages").click()
        expect(page.get_by_text("1 new message")).to_be_visible()
        page.get_by_role("link", name="Message of").click()
        expect(page.locator(".message")).to_contain_text(["Do you buy books?", "Yes, we do."])
        page.get_by_role("link", name="Your messages").click()
        expect(page.get_by_text("new message")).to_have_count(0)
