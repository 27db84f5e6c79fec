"""Tests of payments.web."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from payments.service import Provider
from payments.web import create_app
from tests.payments.conftest import Demo
from tests.payments.fakes import FakeShop

BODY: dict[str, Any] = {
    "amount_minor": 999,
    "currency": "EUR",
    "callback": {"url": "http://shop:5001/webhooks/payments/a", "token": "token-1"},
}


@pytest.fixture
def client(demo: Demo) -> FlaskClient:
    """The shop."""
    return create_app(demo.provider).test_client()


def test_readiness_is_reported(demo: Demo) -> None:
    """A provider whose thread has failed is alive and not ready."""
    ready = True
    client = create_app(demo.provider, is_ready=lambda: ready).test_client()
    assert client.get("/readyz").status_code == 200
    ready = False
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (503, {"ready": False})
    assert client.get("/healthz").status_code == 200


def test_callbacks_elsewhere_are_refused(demo: Demo) -> None:
    """Nothing is stored or sent; one that was stored under other settings is not sent either."""
    allowed = False
    shop = FakeShop()
    provider = Provider(demo.store, shop, is_shop=lambda url: allowed and url.startswith("http://shop:5001/"))
    client = create_app(provider).test_client()
    refused = client.put("/payments/a", json=BODY)
    assert refused.status_code == 403
    assert client.get("/payments/a").status_code == 404
    allowed = True
    assert client.put("/payments/a", json=BODY).status_code == 200
    allowed = False
    assert provider.step()
    assert shop.calls == []
    payment = client.get("/payments/a").json
    assert payment is not None
    assert payment["callback_pending"]


def test_a_payment_from_request_to_refund(client: FlaskClient, demo: Demo) -> None:
    """Each response has its state, and never the token."""
    unknown = client.get("/payments/a")
    assert (unknown.status_code, unknown.mimetype) == (404, "application/json")
    requested = client.put("/payments/a", json=BODY)
    assert requested.status_code == 200
    assert requested.json == {
        "id": "a",
        "state": "asked",
        "amount_minor": 999,
        "currency": "EUR",
        "decided_at": None,
        "callback_pending": False,
    }
    demo.run(3)
    assert demo.shop.calls == [("http://shop:5001/webhooks/payments/a", "token-1", "paid")]
    paid = client.get("/payments/a")
    assert paid.json is not None
    assert (paid.json["state"], paid.json["decided_at"]) == ("paid", demo.clock.moment.isoformat())
    for _ in range(2):
        refunded = client.post("/payments/a/withdrawal", json={})
        assert refunded.json is not None
        assert (refunded.status_code, refunded.json["state"]) == (200, "refunded")
    assert "token-1" not in requested.text + paid.text


def test_another_amount_is_a_conflict(client: FlaskClient) -> None:
    """409 with the reason in JSON, a permanent failure."""
    client.put("/payments/a", json=BODY)
    response = client.put("/payments/a", json={**BODY, "amount_minor": 998})
    assert response.status_code == 409
    assert response.json == {"error": "this payment was requested with another amount"}


def test_an_unknown_payment_can_be_withdrawn(client: FlaskClient) -> None:
    """It is stored, and stays withdrawn when it is requested."""
    assert client.post("/payments/a/withdrawal").status_code == 200
    late = client.put("/payments/a", json=BODY)
    assert late.json is not None
    assert (late.status_code, late.json["state"]) == (200, "withdrawn")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": "999"}, "amount_minor"),
        ({"amount_minor": 9.5}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": None}, "amount_minor"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 2**63}, "amount_minor"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "EUR\n"}, "currency"),
        ({"callback": None}, "callback"),
        ({"callback": {"url": "ftp://shop", "token": "x"}}, "callback.url"),
        ({"callback": {"url": "http://" + "x" * 2000, "token": "x"}}, "callback.url"),
        ({"callback": {"url": "http://shop", "token": ""}}, "callback.token"),
        ({"callback": {"url": "http://shop", "token": "s3cret\r\nX: y"}}, "callback.token"),
    ],
)
def test_a_malformed_request_is_refused_by_field(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    """400 with the names of the fields and not their values; nothing is stored."""
    response = client.put("/payments/a", json={**BODY, **change})
    assert response.status_code == 400
    assert response.json == {"error": f"malformed: {field}"}
    assert client.get("/payments/a").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 10_000])
def test_an_invalid_body_is_refused(client: FlaskClient, body: bytes) -> None:
    """400 in JSON."""
    response = client.put("/payments/a", data=body)
    assert response.status_code == 400
    assert response.json is not None


def test_other_refusals_are_in_json(client: FlaskClient) -> None:
    """A body or path that is too long, another method, another path."""
    for response, status in (
        (client.put("/payments/a", data=b" " * 20_000), 413),
        (client.delete("/payments/a"), 405),
        (client.get("/"), 404),
        (client.put("/payments/" + "x" * 65, json=BODY), 404),
    ):
        assert (response.status_code, response.mimetype) == (status, "application/json")


def test_the_health_check_answers(client: FlaskClient) -> None:
    """For the container's health check."""
    assert client.get("/healthz").text == "ok"
