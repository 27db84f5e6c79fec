"""Events that nobody took, and that wait for a moderator to send them again."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.errors import EventNotFound
from marketplace.store import Store
from marketplace.usecases.moderation import Moderation
from marketplace.web.flash import say
from marketplace.web.moderator.asked import PAGE, by_whom
from marketplace.web.paging import page_number, paged

_GREATEST = 2**63 - 1


def add_to(moderator: Blueprint, store: Store, moderation: Moderation) -> None:
    """Add `/moderator/events`, and what is posted there."""

    @moderator.get("/events")
    def events() -> str:
        number = page_number()
        with store.read() as work:
            pages = paged(work.outbox.length().failed, PAGE, number)
            found = work.outbox.failed(PAGE, (number - 1) * PAGE)
        return render_template("moderator/events.html", events=found, pages=pages)

    @moderator.post(f"/events/<int(min=1,max={_GREATEST}):event_id>/retry")
    def retry_event(event_id: int) -> Answer:
        try:
            moderation.retry_event(by_whom(), event_id)
        except EventNotFound:
            say("event-gone")
        else:
            say("event-retried")
        return _back()

    @moderator.post("/events/retry")
    def retry_all_events() -> Answer:
        say("events-retried", count=moderation.retry_all_events(by_whom()))
        return _back()


def _back() -> Answer:
    return redirect(url_for("moderator.events"), 303)
