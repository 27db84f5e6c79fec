"""Liveness, readiness and robots.txt."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify

from marketplace.domain.errors import StoreUnavailable
from marketplace.store import Store
from marketplace.store.outbox.deliveries import DestinationStatus
from marketplace.store.outbox.outbox import OutboxLength
from marketplace.web.shop import Shop
from servicekit.clock import now

log = structlog.get_logger()

# A crawler that followed the links of a list would become a reader; the private pages differ for each reader.
_PRIVATE = ("/account", "/api", "/cart", "/checkout", "/history", "/moderator", "/orders", "/wishlist")
ROBOTS = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in ("/*?from=", "/search", *_PRIVATE))


def blueprint(shop: Shop) -> Blueprint:
    """`/healthz`, `/readyz` and `/robots.txt`."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> Response:
        return Response("ok", mimetype="text/plain")

    @health.get("/readyz")
    def ready() -> tuple[Response, int]:
        try:
            database = _database(shop.store)
        except StoreUnavailable:
            log.exception("database_unavailable")
            database = {"database": "unreachable"}
        failed_threads = list(shop.failed_threads())
        is_ready = database["database"] == "ok" and not failed_threads
        # The shop works without Recommendations, so its state is only shown.
        state = {"breaker": shop.recommender.state}
        body = jsonify(ready=is_ready, recommendations=state, failed_threads=failed_threads, **database)
        return body, 200 if is_ready else 503

    @health.get("/robots.txt")
    def robots() -> Response:
        return Response(ROBOTS, mimetype="text/plain")

    return health


def _database(store: Store) -> dict[str, Any]:
    if not store.is_migrated():
        return {"database": "not migrated"}
    with store.read() as work:
        length, lengths, statuses = work.outbox.length(), work.outbox.lengths(), work.deliveries.statuses()
        chosen = [stored.destination for stored in work.destinations.all()]
    moment = now()
    destinations = {
        destination.value: _queue(lengths.get(destination, OutboxLength()), moment)
        | asdict(statuses.get(destination, DestinationStatus()))
        for destination in dict.fromkeys([*lengths, *chosen])
    }
    return {"database": "ok", "outbox": _queue(length, moment) | {"destinations": destinations}}


def _queue(length: OutboxLength, moment: datetime) -> dict[str, Any]:
    age = (moment - length.oldest).total_seconds() if length.oldest else 0.0
    return {"waiting": length.waiting, "oldest_seconds": round(max(age, 0.0), 3), "refused": length.failed}
