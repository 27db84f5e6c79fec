"""Liveness and readiness."""

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from pydantic import SecretStr

from marketplace.app import create_app
from marketplace.domain.events import RECOMMENDATIONS, PaymentWithdrawn, ReaderForgotten
from marketplace.settings import Settings
from marketplace.store import Store
from tests.marketplace.fakes import NOON, FakeRecommender
from tests.marketplace.stored import execute


def test_liveness_and_readiness_are_reported(
    visitor: FlaskClient, store: Store, recommender: FakeRecommender
) -> None:
    """With the outbox and the breaker; the shop is ready even without Recommendations."""
    recommender.state = "open"
    visitor.get("/books/20?from=shop")
    assert visitor.get("/healthz").text == "ok"
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["recommendations"] == {"breaker": "open"}
    assert response.json["failed_threads"] == []
    assert response.json["outbox"]["waiting"] == 1
    assert response.json["outbox"]["oldest_seconds"] >= 0
    assert "Disallow: /*?from=" in visitor.get("/robots.txt").text


def test_readiness_shows_each_destination(visitor: FlaskClient, store: Store) -> None:
    """Its waiting and failed events and its failures; the shop stays ready."""
    moment = datetime.now(UTC)
    with store.write() as work:
        work.outbox.add(ReaderForgotten(1), created_at=moment - timedelta(hours=1))
        work.outbox.add(PaymentWithdrawn("7K3M"), created_at=moment)
        work.outbox.mark_failed({2: "reader 7 is unknown"})
        work.deliveries.acquire(RECOMMENDATIONS, "a", now=moment, until=moment)
        error = "RecommenderUnavailable UNIMPLEMENTED"
        work.deliveries.failed(RECOMMENDATIONS, "a", failures=3, error=error, retry_at=moment)
        work.commit()
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert response.json is not None
    outbox = response.json["outbox"]
    assert (outbox["waiting"], outbox["refused"]) == (1, 1)
    assert 3600 <= outbox["oldest_seconds"] < 7200
    payments = {"waiting": 0, "oldest_seconds": 0.0, "refused": 1, "failures": 0, "last_error": ""}
    assert outbox["destinations"]["payments"] == payments
    recommendations = outbox["destinations"]["recommendations"]
    assert (recommendations["waiting"], recommendations["failures"]) == (1, 3)
    assert recommendations["last_error"] == "RecommenderUnavailable UNIMPLEMENTED"
    assert "reader" not in response.text


def test_readiness_shows_destinations_of_events(visitor: FlaskClient, store: Store) -> None:
    """By name, without their addresses; also one that never had an event, and one with failures only."""
    with store.write() as work:
        work.destinations.add("amqp://user:s3cret@broker.example", "whsec_a", at=NOON)
        failing = work.destinations.add("http://a.example", "whsec_b", at=NOON).destination
        work.deliveries.acquire(failing, "a", now=NOON, until=NOON)
        work.deliveries.failed(failing, "a", failures=2, error="ReceiverUnavailable 503", retry_at=NOON)
        work.commit()
    response = visitor.get("/readyz")
    assert response.json is not None
    destinations = response.json["outbox"]["destinations"]
    nothing = {"waiting": 0, "oldest_seconds": 0.0, "refused": 0, "failures": 0, "last_error": ""}
    assert destinations["events-1"] == destinations["notices"] == nothing
    assert destinations["events-2"] == nothing | {"failures": 2, "last_error": "ReceiverUnavailable 503"}
    assert "example" not in response.text


def test_a_database_that_is_not_migrated_is_not_ready(visitor: FlaskClient, store: Store) -> None:
    """A shop with missing or old tables gets no traffic."""
    execute(store, "DELETE FROM alembic_version")
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["database"] == "not migrated"


def test_a_shop_whose_relay_failed_is_not_ready(store: Store) -> None:
    """It says which thread; pages are still served."""
    settings = Settings(secret_key=SecretStr("a key for the tests"))
    app = create_app(settings, FakeRecommender(), store=store, failed_threads=lambda: ["relay to payments"])
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert (response.json["ready"], response.json["failed_threads"]) == (False, ["relay to payments"])
    assert app.test_client().get("/healthz").status_code == 200
