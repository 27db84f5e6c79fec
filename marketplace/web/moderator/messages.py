"""Failed messages: mails and Telegram messages that notices could not send, for a moderator to have sent again."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.errors import MessageNotFound, NoticesUnavailable
from marketplace.web.flash import flash
from marketplace.web.moderator.parameters import PAGE, moderator_id
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop

_MAX_MESSAGE_ID = 2**63 - 1


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/notices`, and its posts."""

    @moderator.get("/notices")
    def messages() -> str:
        number = page_number()
        try:
            failed = shop.messages.failed(limit=PAGE, offset=(number - 1) * PAGE)
        except NoticesUnavailable:
            return render_template("moderator/messages.html", is_unavailable=True)
        pages = paged(failed.total, PAGE, number)
        return render_template("moderator/messages.html", messages=failed.rows, pages=pages)

    @moderator.post(f"/notices/<int(min=1,max={_MAX_MESSAGE_ID}):message_id>/retry")
    def retry_message(message_id: int) -> Answer:
        try:
            shop.messages.retry(moderator_id(), message_id)
        except MessageNotFound:
            flash("message-gone")
        except NoticesUnavailable:
            flash("notices-unavailable")
        else:
            flash("message-retried")
        return redirect(url_for("moderator.messages"), 303)

    @moderator.post("/notices/retry")
    def retry_all_messages() -> Answer:
        try:
            flash("messages-retried", count=shop.messages.retry_all(moderator_id()))
        except NoticesUnavailable:
            flash("notices-unavailable")
        return redirect(url_for("moderator.messages"), 303)
