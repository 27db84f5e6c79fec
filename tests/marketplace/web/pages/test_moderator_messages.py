"""The moderators' page of failed messages, and the export with mails."""

import json

import pytest
from flask import Flask

from marketplace.domain.errors import NoticesUnavailable
from marketplace.domain.messages import FailedMessage
from marketplace.domain.moderation import Action
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import NOON, FakeNotices
from tests.marketplace.ordering import log_of, moderators_browser

PAGE = "/moderator/notices"


def failed(message_id: int, channel: str = "email") -> FailedMessage:
    return FailedMessage(
        id=message_id,
        kind="order_paid",
        channel=channel,
        recipient="s…@example.org",
        error="SMTP 550: <b>no</b>",
        since=NOON,
    )


@pytest.fixture
def moderator(app: Flask, store: Store) -> Browser:
    """A moderator's browser."""
    return moderators_browser(app, store)


def actions(store: Store) -> list[tuple[Action, str]]:
    return [(entry.action, entry.subject) for entry in log_of(store)]


def test_failed_messages_are_shown_and_sent_again(moderator: Browser, notices: FakeNotices, store: Store) -> None:
    """One or all of them, each with an entry in the audit log."""
    notices.messages = [failed(9), failed(8, "telegram"), failed(7)]
    page = moderator.get(PAGE)
    for text in ("order_paid", "s…@example.org", "Telegram", "SMTP 550: <b>no</b>", "1 March 2026"):
        assert text in page
    assert "<b>no</b>" not in moderator.client.get(PAGE).text
    assert moderator.send(f"{PAGE}/8/retry", form_at=PAGE).headers["Location"] == PAGE
    assert "The message will be sent again." in moderator.get(PAGE)
    moderator.send(f"{PAGE}/8/retry", form_at=PAGE)
    assert "not failed any more" in moderator.get(PAGE)
    moderator.send(f"{PAGE}/retry", form_at=PAGE)
    page = moderator.get(PAGE)
    assert "2 messages will be sent again." in page
    assert "Every message was sent" in page
    assert notices.retried == [8, 9, 7]
    assert actions(store) == [(Action.MESSAGES_RETRIED, ""), (Action.MESSAGE_RETRIED, "8")]
    audit = moderator.get("/moderator/audit")
    assert "had message 8 sent again" in audit
    assert "had 2 messages sent again" in audit


def test_without_an_answer_the_page_says_so(moderator: Browser, notices: FakeNotices, store: Store) -> None:
    """It is a page all the same; a retry is not logged as if it had been done."""
    notices.messages = [failed(9)]
    forms = "/moderator/events"
    notices.error = NoticesUnavailable("no response")
    assert "Notices did not answer" in moderator.get(PAGE)
    for path in (f"{PAGE}/9/retry", f"{PAGE}/retry"):
        assert moderator.send(path, form_at="/account").status_code == 303
        assert "nothing was sent again" in moderator.get(PAGE)
    assert actions(store) == []
    assert moderator.get(forms)


def test_pages_follow_the_number_of_messages(moderator: Browser, notices: FakeNotices) -> None:
    """Fifty on each."""
    notices.messages = [failed(number) for number in range(1, 61)]
    assert moderator.client.get(PAGE).text.count("order_paid") == 50
    assert moderator.client.get(f"{PAGE}?page=2").text.count("order_paid") == 10


def test_the_export_has_the_mails(browser: Browser, notices: FakeNotices) -> None:
    """And works without an answer."""
    browser.sign_up()
    notices.kept = [{"kind": "order_paid"}]
    assert json.loads(browser.client.get("/account/export").text)["mails"] == [{"kind": "order_paid"}]
    notices.error = NoticesUnavailable("no response")
    response = browser.client.get("/account/export")
    assert response.status_code == 200
    assert "did not answer" in json.loads(response.text)["mails_missing"]
