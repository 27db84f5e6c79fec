"""What machines ask: is it alive, is it ready, what may be crawled."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify

from marketplace.domain.errors import StoreUnavailable
from marketplace.store import Store
from marketplace.store.outbox.outbox import OutboxLength
from servicekit.clock import now

log = structlog.get_logger()

# A crawler that followed a list's links would become a reader; the other pages are each reader's own.
_OWN = ("/account", "/cart", "/checkout", "/history", "/moderator", "/orders", "/wishlist")
ROBOTS = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in ("/*?from=", "/search", *_OWN))


def blueprint(store: Store, breaker: Callable[[], str], clock: Callable[[], datetime] = now) -> Blueprint:
    """`/healthz`, `/readyz` and `/robots.txt`; `breaker` names the state of the breaker of Recommendations."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return Response("ok", mimetype="text/plain")

    @health.get("/readyz")
    def ready() -> tuple[Response, int]:
        try:
            database = _database(store, clock)
        except StoreUnavailable:
            log.exception("not ready: the database does not answer")
            database = {"database": "unreachable"}
        is_ready = database["database"] == "ok"
        # Without Recommendations the shop still sells, so its state is told and does not count.
        return jsonify(ready=is_ready, recommendations={"breaker": breaker()}, **database), 200 if is_ready else 503

    @health.get("/robots.txt")
    def robots() -> Response:
        return Response(ROBOTS, mimetype="text/plain")

    return health


def _database(store: Store, clock: Callable[[], datetime]) -> dict[str, Any]:
    if not store.is_migrated():
        return {"database": "not migrated"}
    with store.read() as work:
        length, lengths, statuses = work.outbox.length(), work.outbox.lengths(), work.deliveries.statuses()
    moment = clock()
    destinations = {
        each.value: _told(lengths[each], moment) | {"failures": trouble.failures, "last_error": trouble.last_error}
        for each, trouble in statuses.items()
    }
    return {"database": "ok", "outbox": _told(length, moment) | {"destinations": destinations}}


def _told(length: OutboxLength, moment: datetime) -> dict[str, Any]:
    age = (moment - length.oldest).total_seconds() if length.oldest else 0.0
    return {"waiting": length.waiting, "oldest_seconds": round(max(age, 0.0), 3), "refused": length.failed}
