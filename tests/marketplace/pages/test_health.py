"""Tests of marketplace.pages.health."""

from flask.testing import FlaskClient
from sqlalchemy import text

from marketplace.store import Store
from tests.marketplace.fakes import FakeRecommender


def test_machines_learn_how_the_shop_is(visitor: FlaskClient, store: Store, recommender: FakeRecommender) -> None:
    """Alive and ready, with the outbox and the breaker; Recommendations being down does not make it unready."""
    recommender.state = "open"
    visitor.get("/books/20?from=shop")
    assert visitor.get("/healthz").text == "ok"
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["recommendations"] == {"breaker": "open"}
    assert response.json["outbox"]["waiting"] == 1
    assert response.json["outbox"]["oldest_seconds"] >= 0
    assert "Disallow: /*?from=" in visitor.get("/robots.txt").text


def test_a_database_that_is_not_migrated_is_not_ready(visitor: FlaskClient, store: Store) -> None:
    """The load balancer sends nobody to a shop whose tables are missing or old."""
    with store.engine.connect() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.commit()
    response = visitor.get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["database"] == "not migrated"
