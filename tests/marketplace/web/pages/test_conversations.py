"""Messages about an order, on the pages of the reader and of moderators."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY, Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import check_out, moderators_browser


@pytest.fixture
def buyer(browser: Browser) -> Browser:
    """Ann, signed in."""
    browser.sign_up()
    return browser


@pytest.fixture
def moderator(app: Flask, store: Store) -> Browser:
    """A moderator, signed in."""
    return moderators_browser(app, store)


def form_of(browser: Browser, page: str) -> dict[str, str]:
    """The hidden fields of a page's form for messages."""
    html = browser.client.get(page).text
    form = html[html.index('id="write"') :]
    return dict(re.findall(r'<input type="hidden" name="(csrf_token|id|version)" value="([^"]*)"', form))


def messages(html: str) -> list[str]:
    html = re.sub("<template.*</template>", "", html, flags=re.DOTALL)
    return [unescape(text) for text in re.findall(r'<p class="text" dir="auto">([^<]*)</p>', html)]


def test_both_sides_talk_and_see_what_was_seen(buyer: Browser, moderator: Browser) -> None:
    """On the order's page of each side; opening it counts as having seen what is there."""
    order = check_out(buyer)
    mine, theirs = f"/orders/{order}", f"/moderator/orders/{order}"
    assert "Do you have a question about this order?" in buyer.get(mine)
    response = buyer.client.post(f"{mine}/messages", data={**form_of(buyer, mine), "text": "Where is it?\nThanks!"})
    assert (response.status_code, response.location) == (303, f"{mine}#conversation")
    assert re.search('class="seen" hidden> · seen<', buyer.get(mine))
    assert "Where is it? Thanks!" in moderator.get(theirs)
    assert re.search('class="seen"> · seen<', buyer.get(mine))
    answer = {**form_of(moderator, theirs), "text": "On its way."}
    assert moderator.client.post(f"{theirs}/messages", data=answer).location == f"{theirs}#conversation"
    html = buyer.get(mine)
    assert messages(html) == ["Where is it? Thanks!", "On its way."]
    assert "The shop" in html
    assert "The buyer" in moderator.get(theirs)


def test_an_open_page_asks_for_what_it_does_not_have(buyer: Browser, moderator: Browser) -> None:
    """What was sent or edited after a change of the conversation, with its number; asking counts as seeing it."""
    order = check_out(buyer)
    mine, theirs = f"/orders/{order}", f"/moderator/orders/{order}"
    for text in ("One", "Two"):
        buyer.client.post(f"{mine}/messages", data={**form_of(buyer, mine), "text": text})
    new = moderator.get(f"{theirs}/messages?after=1")
    assert messages(new) == ["Two"]
    assert 'id="message-2"' in new
    assert 'data-change="2"' in new
    assert 'data-seen="2"' in buyer.get(f"{mine}/messages?after=2")
    buyer.client.post(f"{mine}/messages", data={**form_of(buyer, f"{mine}?edit=1"), "text": "First"})
    assert messages(moderator.get(f"{theirs}/messages?after=2")) == ["First"]
    assert messages(moderator.get(f"{theirs}/messages?after=0")) == ["First", "Two"]
    for browser, page in ((buyer, mine), (moderator, theirs)):
        response = browser.client.get(f"{page}/messages")
        assert (response.status_code, response.location) == (303, page)
    assert moderator.client.get("/moderator/orders/AAAA-AAAA-AAAA/messages?after=0").status_code == 404


def test_what_a_browser_keeps_unsent_is_deleted_with_the_session(buyer: Browser) -> None:
    """The next person at this computer does not find it."""
    response = buyer.send("/account/sign-out", form_at="/account")
    assert response.headers["Clear-Site-Data"] == '"storage"'


def test_a_form_that_is_sent_twice_is_one_message(buyer: Browser) -> None:
    """Another text sent with it, from the browser's Back button, is shown again as a new message."""
    page = f"/orders/{check_out(buyer)}"
    form = form_of(buyer, page)
    for _ in range(2):
        assert buyer.client.post(f"{page}/messages", data={**form, "text": "Hello"}).status_code == 303
    refused = buyer.client.post(f"{page}/messages", data={**form, "text": "Something else"})
    assert refused.status_code == 422
    assert "was sent before with another text" in refused.text
    assert "Something else</textarea>" in refused.text
    again = dict(re.findall(r'name="(id|version)" value="([^"]*)"', refused.text[refused.text.index('id="write"') :]))
    assert again["id"] != form["id"]
    sent = {**form, **again, "text": "Something else"}
    assert buyer.client.post(f"{page}/messages", data=sent).status_code == 303
    assert messages(buyer.get(page)) == ["Hello", "Something else"]


def test_a_message_is_edited(buyer: Browser, moderator: Browser) -> None:
    """By its sender alone; the other side's and unknown numbers give an empty form."""
    order = check_out(buyer)
    page = f"/orders/{order}"
    buyer.client.post(f"{page}/messages", data={**form_of(buyer, page), "text": "Helo"})
    edit = f"{page}?edit=1"
    assert "Helo</textarea>" in buyer.get(edit)
    buyer.client.post(f"{page}/messages", data={**form_of(buyer, edit), "text": "Hello"})
    html = buyer.get(page)
    assert messages(html) == ["Hello"]
    assert "edited" in html
    for browser, other in ((moderator, f"/moderator/orders/{order}?edit=1"), (buyer, f"{page}?edit=99")):
        assert re.search(r"<textarea[^>]*>\s*</textarea>", browser.client.get(other).text)


@pytest.mark.parametrize("text", ["", " \r\n ", "x" * 4_001])
def test_a_refused_message_says_why_and_keeps_what_was_typed(buyer: Browser, text: str) -> None:
    """Empty and long ones; the form has the same id, so that nothing is sent twice."""
    page = f"/orders/{check_out(buyer)}"
    form = form_of(buyer, page)
    refused = buyer.client.post(f"{page}/messages", data={**form, "text": text})
    assert refused.status_code == 422
    assert "Write a message of at most 4,000 characters." in refused.text
    assert f'value="{form["id"]}"' in refused.text
    assert text.strip() in refused.text


def test_messages_are_private(buyer: Browser, app: Flask) -> None:
    """Another reader and a visitor can neither read nor write them."""
    page = f"/orders/{check_out(buyer)}"
    form = form_of(buyer, page)
    eve = Browser(app)
    eve.sign_up("eve@example.com")
    for browser, form_at in ((eve, "/account"), (Browser(app), "/account/sign-in")):
        assert browser.client.get(page).status_code == 404
        assert browser.client.get(f"{page}/messages?after=0").status_code == 404
        sent = browser.send(f"{page}/messages", form_at=form_at, id=form["id"], version="1", text="Hi")
        assert sent.status_code == 404
    assert messages(buyer.get(page)) == []


@pytest.mark.usefixtures("app")
def test_messages_are_limited(store: Store, recommender: FakeRecommender, tmp_path: Path) -> None:
    """A script cannot fill the database: 429 with Retry-After, and what was typed is still there."""
    limiter = Limiter({**LIMITS, Attempt.MESSAGE_BY_READER: Limit(2, DAY)})
    settings = Settings(data_dir=tmp_path)
    buyer = Browser(create_app(settings, recommender, store=store, passwords=quick_passwords(), limiter=limiter))
    buyer.sign_up()
    page = f"/orders/{check_out(buyer)}"
    statuses = []
    for _ in range(3):
        response = buyer.client.post(f"{page}/messages", data={**form_of(buyer, page), "text": "Hello"})
        statuses.append(response.status_code)
    assert statuses == [303, 303, 429]
    assert int(response.headers["Retry-After"]) > 0
    assert "Hello</textarea>" in response.text


def test_the_box_has_open_conversations(buyer: Browser, moderator: Browser) -> None:
    """With a link to the order; a closed one leaves it, and comes back with the next message."""
    assert "Every conversation is closed." in moderator.get("/moderator/conversations")
    order = check_out(buyer)
    page = f"/orders/{order}"
    buyer.client.post(f"{page}/messages", data={**form_of(buyer, page), "text": "Hello"})
    assert f'href="/moderator/orders/{order}#conversation"' in moderator.get("/moderator/conversations")
    close = f"/moderator/orders/{order}/messages/close"
    assert moderator.send(close, form_at=f"/moderator/orders/{order}").location == "/moderator/conversations"
    html = moderator.get("/moderator/conversations")
    assert f"The conversation about order {order} is closed." in html
    assert "Every conversation is closed." in html
    assert "Close the conversation" not in moderator.get(f"/moderator/orders/{order}")
    buyer.client.post(f"{page}/messages", data={**form_of(buyer, page), "text": "Again"})
    assert order in moderator.get("/moderator/conversations")
    assert moderator.send("/moderator/orders/AAAA-AAAA-AAAA/messages/close", form_at="/account").status_code == 404
