"""The moderators' pages of destinations and deliveries."""

import re

import pytest
from flask import Flask

from events import types
from marketplace.domain.moderation import Action
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import log_of, moderators_browser

OVERVIEW, FIRST = "/moderator/destinations", "/moderator/destinations/1"
URL = "amqps://shop:s3cret@broker.example/books"


@pytest.fixture
def browser(app: Flask, store: Store) -> Browser:
    """A browser with a moderator signed in."""
    return moderators_browser(app, store)


def add(browser: Browser, url: str = "https://a.example/events", **fields: str) -> None:
    assert browser.send(OVERVIEW, url=url, **fields).status_code == 303


def deliver(store: Store, data: types.EventData, error: str | None = None) -> str:
    """Publish an event and log it as delivered, or as failed; returns its id."""
    with store.write() as work:
        work.outbox.publish(data, at=NOON)
        destination = work.destinations.get(1).destination
        row = work.outbox.waiting(1, destination)[0]
        work.event_log.add(destination, row, error, attempts=1, at=NOON)
        if error is None:
            work.outbox.remove([row.event_id])
        else:
            work.outbox.mark_failed({row.event_id: error})
        work.commit()
    return str(row.payload["id"])


def test_a_destination_is_added_by_a_form(store: Store, browser: Browser) -> None:
    """Its page and the list show it without its password; the audit log names the moderator."""
    assert "None yet." in browser.get(OVERVIEW)
    answer = browser.send(OVERVIEW, url=URL, types=types.OrderPaid.type)
    assert answer.location == FIRST
    page = browser.get(FIRST)
    assert "Added destination events-1." in page
    assert re.search(r'value="marketplace.order.paid" checked', page)
    assert "Show secret" not in page  # messages are not signed
    for path in (OVERVIEW, FIRST, "/moderator/audit", f"{FIRST}/delete"):
        html = browser.get(path)
        assert "amqps://broker.example/books" in html
        assert "s3cret" not in html
    assert [entry.action for entry in log_of(store)] == [Action.DESTINATION_ADDED]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("broker.example", "Enter an address"),
        ("https://a.example/events", "There already is a destination"),
        ("http://user:s3cret@a.example", "Enter an address"),
    ],
)
def test_an_error_is_shown_at_the_address(browser: Browser, url: str, message: str) -> None:
    """What was typed is kept, unless it may have a password."""
    add(browser)
    answer = browser.send(OVERVIEW, url=url, types=types.OrderPaid.type)
    assert answer.status_code == 422
    assert message in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{"" if "@" in url else url}"' in answer.text
    assert "marketplace.order.paid&#34; checked" in answer.text or 'order.paid" checked' in answer.text
    assert "s3cret" not in answer.text


def test_the_private_type_cannot_be_chosen(browser: Browser) -> None:
    """It is not offered, and a forged form is refused."""
    add(browser)
    assert types.NoticeRequested.type not in browser.get(FIRST)
    assert browser.send(OVERVIEW, url="https://b.example", types=types.NoticeRequested.type).status_code == 422
    assert browser.send(f"{FIRST}/types", form_at=FIRST, types=types.NoticeRequested.type).status_code == 400


def test_a_destination_is_disabled_and_enabled(store: Store, browser: Browser) -> None:
    """Its types are changed, and it is deleted after a question."""
    add(browser)
    assert browser.send(f"{FIRST}/disable", form_at=FIRST).location == FIRST
    assert "What waits is kept" in browser.get(FIRST)
    assert "disabled" in browser.get(OVERVIEW)
    browser.send(f"{FIRST}/enable", form_at=FIRST)
    assert "Enabled." in browser.get(FIRST)
    browser.send(f"{FIRST}/types", form_at=FIRST, types=types.BookRemoved.type)
    assert "Saved." in browser.get(FIRST)
    browser.send(f"{FIRST}/types", form_at=FIRST, types=types.BookRemoved.type)
    assert "No changes" in browser.get(FIRST)
    assert browser.send(f"{FIRST}/delete").location == OVERVIEW
    assert "Deleted destination events-1." in browser.get(OVERVIEW)
    for path in (FIRST, f"{FIRST}/delete", f"{FIRST}/deliveries/1", f"{OVERVIEW}/0", f"{OVERVIEW}/{2**64}"):
        browser.get(path, 404)
    audit = browser.get("/moderator/audit")
    for text in ("added", "enabled", "disabled", "changed the types of", "deleted"):
        assert f"{text} destination events-1" in audit


def test_the_secret_is_shown_on_demand(store: Store, browser: Browser) -> None:
    """It is on no other page and in no cookie, and who looked is in the audit log."""
    add(browser)
    assert "whsec_" not in browser.get(FIRST)
    answer = browser.send(f"{FIRST}/secret", form_at=FIRST)
    with store.read() as work:
        assert work.destinations.get(1).secret in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "whsec_" not in browser.get(FIRST)
    assert "looked at the secret of destination events-1" in browser.get("/moderator/audit")


def test_a_destination_of_the_settings_cannot_be_deleted(store: Store, browser: Browser) -> None:
    """Its page does not offer it, and the form is refused; its types can be chosen."""
    with store.write() as work:
        work.destinations.follow_settings(["https://a.example"], lambda: "whsec_a", at=NOON)
        work.commit()
    assert "from the settings" in browser.get(OVERVIEW)
    assert "Delete" not in browser.get(FIRST)
    assert "can only be disabled" in browser.get(f"{FIRST}/delete")
    assert browser.send(f"{FIRST}/delete", form_at=FIRST).status_code == 409
    assert browser.send(f"{FIRST}/types", form_at=FIRST, types=types.BookRemoved.type).status_code == 303


def test_a_delivery_is_looked_at_and_sent_again(store: Store, browser: Browser) -> None:
    """With its id; one that is not kept cannot be."""
    add(browser)
    event_id = deliver(store, types.BookChanged(book_id=7, title="<Dune>"))
    failed_id = deliver(store, types.BookRemoved(book_id=7), "the receiver answered with status 422")
    deliver(store, types.ReaderDeleted(reader_id=7))
    page = browser.get(FIRST)
    for text in (event_id, failed_id, "accepted", "failed", "status 422", "Failed: 1."):
        assert text in page
    assert page.count("Send again") == 2
    shown = browser.get(f"{FIRST}/deliveries/1")
    assert '"title": "<Dune>"' in shown
    assert "<Dune>" not in browser.client.get(f"{FIRST}/deliveries/1").text
    for entry in (1, 2):
        assert browser.send(f"{FIRST}/deliveries/{entry}/send", form_at=f"{FIRST}/deliveries/1").location == FIRST
    assert "Sending again." in browser.get(FIRST)
    with store.read() as work:
        waiting = work.outbox.waiting(10, work.destinations.get(1).destination)
    assert {row.payload["id"] for row in waiting} >= {event_id, failed_id}
    assert "The event is not kept" in browser.get(f"{FIRST}/deliveries/3")
    browser.send(f"{FIRST}/deliveries/3/send", form_at=FIRST)
    assert "no longer in the list" in browser.get(FIRST)
    browser.get(f"{FIRST}/deliveries/99", 404)
    assert f"sent event {event_id} to events-1 again" in browser.get("/moderator/audit")
