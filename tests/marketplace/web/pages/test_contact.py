"""The contact form, and the conversations that begin by it, on the pages of guests, readers and moderators."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.app import create_app
from marketplace.domain.events import NOTICES
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY, Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import check_out, moderators_browser
from tests.marketplace.web.pages.test_conversations import form_of, messages

EMAIL = "guest@example.com"


@pytest.fixture
def moderator(app: Flask, store: Store) -> Browser:
    """A moderator, signed in."""
    return moderators_browser(app, store)


@pytest.fixture
def reader(app: Flask) -> Browser:
    """Ann, signed in."""
    browser = Browser(app)
    browser.sign_up()
    return browser


def contact_form(browser: Browser) -> dict[str, str]:
    """The hidden fields of the contact form."""
    html = browser.client.get("/contact").text
    return dict(re.findall(r'<input type="hidden" name="(csrf_token|id|version)" value="([^"]*)"', html))


def write(browser: Browser, text: str = "Do you gift-wrap?", **fields: str) -> str:
    """Send the contact form; returns the id of the conversation."""
    form = {**contact_form(browser), "email": EMAIL, "text": text, **fields}
    assert browser.client.post("/contact", data=form).status_code == 303
    return form["id"]


def answer(moderator: Browser, conversation_id: str, text: str = "Yes, we do.") -> None:
    page = f"/moderator/conversations/{conversation_id}"
    response = moderator.client.post(page, data={**form_of(moderator, page), "text": text})
    assert (response.status_code, response.location) == (303, f"{page}#conversation")


def links_in_mails(store: Store) -> list[str]:
    """The links in the mails to guests."""
    with store.read() as work:
        rows = [row.payload["data"] for row in work.outbox.waiting(1000, NOTICES) if row.kind == "event"]
    return [row["path"] for row in rows if row.get("kind") == "contact_answered"]


def test_a_guest_and_the_shop_talk(browser: Browser, moderator: Browser, store: Store) -> None:
    """The form, the page after it, the moderators' box, the mail's link, and the guest's page."""
    assert 'href="/contact"' in browser.client.get("/").text
    conversation_id = write(browser, name="Ada")
    assert "We have your message and will answer by e-mail." in browser.get("/contact/sent")
    box = moderator.client.get("/moderator/conversations").text
    assert f'href="/moderator/conversations/{conversation_id}#conversation"' in box
    assert EMAIL in box
    assert "Do you gift-wrap?" in box
    page = moderator.get(f"/moderator/conversations/{conversation_id}")
    assert "Ada" in page
    assert EMAIL in page
    assert links_in_mails(store) == []
    answer(moderator, conversation_id)
    (link,) = links_in_mails(store)
    opened = Browser(moderator.client.application)
    assert messages(opened.client.get(link).text) == ["Do you gift-wrap?", "Yes, we do."]
    # Programs that check mails open links too, so opening one is not reading.
    assert 'class="seen" hidden> · seen' in moderator.get(f"/moderator/conversations/{conversation_id}")
    reply = guest_reply(opened, link, "Thank you!")
    assert (reply.status_code, reply.location) == (303, f"{link}#conversation")
    assert 'class="seen"> · seen' in moderator.get(f"/moderator/conversations/{conversation_id}")
    edit = opened.client.get(f"{link}&edit=3").text
    assert "Thank you!</textarea>" in edit
    assert f'href="{link}#conversation"' in unescape(edit)
    assert f'href="?{urlsplit(link).query}&edit=3#write"' in unescape(edit)
    assert messages(moderator.client.get(f"/moderator/conversations/{conversation_id}").text)[2:] == ["Thank you!"]


def guest_reply(browser: Browser, link: str, text: str, **fields: str) -> TestResponse:
    html = browser.client.get(link).text
    form = dict(re.findall(r'<input type="hidden" name="(csrf_token|id|version|token)" value="([^"]*)"', html))
    return browser.client.post(urlsplit(link).path, data={**form, "text": text, **fields})


def test_a_link_is_kept_from_other_sites_and_caches(browser: Browser, moderator: Browser, store: Store) -> None:
    """The page's address has a token."""
    answer(moderator, write(browser))
    (link,) = links_in_mails(store)
    headers = browser.client.get(link).headers
    assert headers["Referrer-Policy"] == "strict-origin"
    assert headers["Cache-Control"] == "no-store"


def test_without_its_link_a_conversation_is_closed_to_all(browser: Browser, moderator: Browser, store: Store) -> None:
    """No token, a changed one, that of another conversation; also for who wrote, and for an account."""
    first, second = write(browser), write(browser, "Another question")
    answer(moderator, first)
    (link,) = links_in_mails(store)
    token = urlsplit(link).query
    for path in (
        f"/contact/{first}",
        f"/contact/{first}?{token}x",
        f"/contact/{second}?{token}",
        f"/messages/{first}",
        f"/orders/{first}",
    ):
        assert browser.client.get(path).status_code in {303, 404}
    assert "This link does not work" in browser.get(f"/contact/{first}", 404)
    for wrong in ("", "x", "\0"):
        assert guest_reply(browser, link, "Hi", token=wrong).status_code == 404
    reader = Browser(moderator.client.application)
    reader.sign_up(EMAIL)
    assert reader.client.get(f"/messages/{first}").status_code == 404
    assert "You have no messages yet." in reader.get("/messages")
    assert len(messages(browser.client.get(link).text)) == 2


def test_a_readers_messages_are_in_their_account(reader: Browser, moderator: Browser, store: Store) -> None:
    """All conversations in a list, without an address to type; the answer is new until it is seen."""
    assert 'name="email"' not in reader.client.get("/contact").text
    order = check_out(reader)
    page = f"/orders/{order}"
    reader.client.post(f"{page}/messages", data={**form_of(reader, page), "text": "Where is it?"})
    form = {**contact_form(reader), "text": "Do you gift-wrap?"}
    response = reader.client.post("/contact", data=form)
    mine = f"/messages/{form['id']}"
    assert (response.status_code, response.location) == (303, f"{mine}#conversation")
    assert "You will find our answer here." in reader.get(mine)
    answer(moderator, form["id"])
    assert "ann@example.com" in moderator.get(f"/moderator/conversations/{form['id']}")
    assert links_in_mails(store) == []
    listed = reader.get("/messages")
    assert "1 new message" in listed
    assert f'href="{mine}#conversation"' in listed
    assert f'href="{page}#conversation"' in listed
    reply = reader.client.post(mine, data={**form_of(reader, mine), "text": "Thank you!"})
    assert (reply.status_code, reply.location) == (303, f"{mine}#conversation")
    assert messages(reader.client.get(mine).text) == ["Do you gift-wrap?", "Yes, we do.", "Thank you!"]
    assert "new message" not in reader.get("/messages")
    assert reader.client.post(mine, data={**form_of(reader, mine), "text": " "}).status_code == 422


def test_visitors_sign_in_to_see_messages(browser: Browser) -> None:
    """And come back."""
    for path in ("/messages", f"/messages/{'0' * 32}"):
        assert browser.client.get(path).location == f"/account/sign-in?next={path}"


def test_a_form_that_is_sent_twice_is_one_conversation(browser: Browser, moderator: Browser) -> None:
    """Another text with it, from the browser's Back button, is shown again as a new message."""
    form = {**contact_form(browser), "email": EMAIL, "text": "Hello"}
    for _ in range(2):
        assert browser.client.post("/contact", data=form).status_code == 303
    refused = browser.client.post("/contact", data={**form, "text": "Something else"})
    assert refused.status_code == 422
    assert "You have sent this form before with another text." in refused.text
    assert "Something else</textarea>" in refused.text
    assert f'value="{form["id"]}"' not in refused.text
    assert moderator.client.get("/moderator/conversations").text.count("/moderator/conversations/") == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody"}, "Enter an e-mail address such as name@example.com."),
        ({"email": "a@b.example\nBcc: c@d.example"}, "Enter an e-mail address such as name@example.com."),
        ({"name": "x" * 201}, "Use at most 200 characters."),
        ({"text": " \0 "}, "Write a message of at most 4,000 characters."),
        ({"text": "x" * 4_001}, "Write a message of at most 4,000 characters."),
        ({"id": "7K3M-9QXD-2TB4"}, "Write a message of at most 4,000 characters."),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    browser: Browser, fields: dict[str, str], said: str
) -> None:
    """Each error is at its field; nothing is stored."""
    form = {**contact_form(browser), "email": EMAIL, "name": "Ada", "text": "My question", **fields}
    refused = browser.client.post("/contact", data=form)
    assert refused.status_code == 422
    page = unescape(refused.text)
    assert page.count(said) == 2
    assert "Error:" in page
    assert form["name"] in page


def test_hostile_texts_are_shown_as_they_are(browser: Browser, moderator: Browser) -> None:
    """Markup is escaped, directions are isolated, and a body of a megabyte is refused."""
    hostile = "<script>alert(1)</script> \u202e👩\u200d👧 שלום"
    conversation_id = write(browser, hostile, name=hostile)
    for path in ("/moderator/conversations", f"/moderator/conversations/{conversation_id}"):
        html = moderator.client.get(path).text
        assert "<script>alert" not in html
        assert hostile in unescape(html)
    form = {**contact_form(browser), "email": EMAIL, "text": "x" * 1_000_000}
    assert browser.client.post("/contact", data=form).status_code == 413
    for path in ("/contact/%00", "/contact/" + "x" * 5_000, "/contact/%F0%9F%91%A9"):
        assert browser.client.get(path).status_code == 404
    for path in ("/moderator/conversations/%00", "/moderator/conversations/7K3M-9QXD-2TB4"):
        assert moderator.client.get(path).status_code == 404


def test_a_forged_form_is_refused(browser: Browser) -> None:
    """Without the CSRF token, and from another site."""
    form = {**contact_form(browser), "email": EMAIL, "text": "Hello"}
    assert browser.client.post("/contact", data={**form, "csrf_token": ""}).status_code == 400
    assert browser.client.post("/contact", data=form, headers={"Origin": "https://evil.example"}).status_code == 403


def limited(store: Store, recommender: FakeRecommender, folder: Path, *attempts: Attempt) -> Flask:
    """A shop that allows two of these attempts a day."""
    limiter = Limiter({**LIMITS, **dict.fromkeys(attempts, Limit(2, DAY))})
    settings = Settings(data_dir=folder)
    return create_app(settings, recommender, store=store, passwords=quick_passwords(), limiter=limiter)


def refused_after_two(browser: Browser, address: str = "127.0.0.1") -> list[int]:
    """The statuses of three messages by the contact form; the last keeps what was typed."""
    statuses = []
    for _ in range(3):
        form = {**contact_form(browser), "email": EMAIL, "text": "Hello"}
        response = browser.client.post("/contact", data=form, environ_base={"REMOTE_ADDR": address})
        statuses.append(response.status_code)
    if response.status_code == 429:
        assert int(response.headers["Retry-After"]) > 0
        assert "Hello</textarea>" in response.text
    return statuses


def test_an_address_writes_so_often_at_most(store: Store, recommender: FakeRecommender, tmp_path: Path) -> None:
    """Other addresses are not affected."""
    app = limited(store, recommender, tmp_path, Attempt.CONTACT_BY_ADDRESS)
    assert refused_after_two(Browser(app)) == [303, 303, 429]
    assert refused_after_two(Browser(app), "192.0.2.1") == [303, 303, 429]


def test_all_guests_write_so_often_at_most(store: Store, recommender: FakeRecommender, tmp_path: Path) -> None:
    """From any addresses; accounts have a limit of their own."""
    app = limited(store, recommender, tmp_path, Attempt.CONTACT_BY_EVERYBODY, Attempt.MESSAGE_BY_READER)
    assert refused_after_two(Browser(app)) == [303, 303, 429]
    assert refused_after_two(Browser(app), "192.0.2.1") == [429, 429, 429]
    reader = Browser(app)
    reader.sign_up()
    assert refused_after_two(reader) == [303, 303, 429]


def test_a_guest_with_a_link_is_limited_too(store: Store, recommender: FakeRecommender, tmp_path: Path) -> None:
    """429 with Retry-After, and what was typed is still there."""
    app = limited(store, recommender, tmp_path, Attempt.MESSAGE_BY_GUEST)
    answer(moderators_browser(app, store), write(browser := Browser(app)))
    (link,) = links_in_mails(store)
    responses = [guest_reply(browser, link, "Hello") for _ in range(3)]
    assert [response.status_code for response in responses] == [303, 303, 429]
    assert int(responses[-1].headers["Retry-After"]) > 0
    assert "Hello</textarea>" in responses[-1].text
    assert guest_reply(browser, link, "Hello", token="x").status_code == 404


def test_a_moderator_closes_and_deletes(browser: Browser, moderator: Browser) -> None:
    """With a page that asks first; the audit log has both."""
    conversation_id = write(browser)
    page = f"/moderator/conversations/{conversation_id}"
    assert moderator.send(f"{page}/close", form_at=page).location == "/moderator/conversations"
    assert "The conversation is closed." in moderator.get("/moderator/conversations")
    assert "Close the conversation" not in moderator.get(page)
    assert f"deletes the conversation with {EMAIL}" in moderator.get(f"{page}/delete")
    assert moderator.send(f"{page}/delete").location == "/moderator/conversations"
    assert "The conversation is deleted." in moderator.get("/moderator/conversations")
    assert moderator.client.get(page).status_code == 404
    log = moderator.get("/moderator/audit")
    assert f"closed conversation {conversation_id}" in log
    assert f"deleted conversation {conversation_id}" in log
    assert EMAIL not in log


def test_the_form_speaks_russian(browser: Browser) -> None:
    """So do the pages after it, and the mail will."""
    browser.client.get("/contact?lang=ru")
    assert "Связаться с нами" in browser.get("/contact")  # noqa: RUF001  (Russian)
    write(browser)
    assert "Спасибо за сообщение" in browser.get("/contact/sent")
