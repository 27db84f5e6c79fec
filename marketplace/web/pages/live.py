"""Tickets for live, which tells open pages that something has changed."""

from flask import Blueprint, Response, abort, jsonify, request

from marketplace.web.reader import current_account, current_reader
from marketplace.web.security import no_store
from marketplace.web.shop import Shop


def blueprint(shop: Shop) -> Blueprint:
    """`/ticket?topic=…&topic=…`, which live.js fetches; 404 without live, and for topics of others."""
    live = Blueprint("live", __name__)
    live.after_request(no_store)

    @live.get("/ticket")
    def ticket() -> Response:
        if shop.live is None:
            abort(404)
        account = current_account()
        is_moderator = account is not None and account.is_moderator
        try:
            issued = shop.live.issue(current_reader(), request.args.getlist("topic"), is_moderator=is_moderator)
        except ValueError:
            abort(400)
        seconds = int(issued.lifetime.total_seconds())
        return jsonify(url=issued.url, ticket=issued.ticket, expires_in=seconds)

    return live
