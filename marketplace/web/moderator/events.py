"""Failed deliveries: events that their receiver rejected, for a moderator to send again."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.errors import EventNotFound
from marketplace.web.flash import flash
from marketplace.web.moderator.parameters import PAGE, moderator_id
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop

_MAX_EVENT_ID = 2**63 - 1


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/events`, and its posts."""

    @moderator.get("/events")
    def events() -> str:
        number = page_number()
        with shop.store.read() as work:
            pages = paged(work.outbox.length().failed, PAGE, number)
            failed = work.outbox.failed(PAGE, (number - 1) * PAGE)
        return render_template("moderator/events.html", events=failed, pages=pages)

    @moderator.post(f"/events/<int(min=1,max={_MAX_EVENT_ID}):event_id>/retry")
    def retry_event(event_id: int) -> Answer:
        try:
            shop.moderation.retry_event(moderator_id(), event_id)
        except EventNotFound:
            flash("event-gone")
        else:
            flash("event-retried")
        return redirect(url_for("moderator.events"), 303)

    @moderator.post("/events/retry")
    def retry_all_events() -> Answer:
        flash("events-retried", count=shop.moderation.retry_all_events(moderator_id()))
        return redirect(url_for("moderator.events"), 303)
