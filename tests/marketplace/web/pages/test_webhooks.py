"""Callbacks of the payment provider."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from marketplace.app import create_app
from marketplace.domain.callbacks import TOKEN_LIFETIME_SECONDS, CallbackTokens
from marketplace.domain.orders import OrderState, new_order_id
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.usecases.payments import Payments
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import Clock, FakeRecommender
from tests.marketplace.ordering import change_states, state_of, store_order

KEY = "a key of this shop"


def shop(store: Store, folder: Path, payments: Payments | None = None) -> Flask:
    """A shop whose key the test knows."""
    settings = Settings(data_dir=folder, secret_key=SecretStr(KEY))
    return create_app(settings, FakeRecommender(), store=store, passwords=quick_passwords(), payments=payments)


@pytest.fixture
def clock() -> Clock:
    """The clock of the tokens."""
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> CallbackTokens:
    """The shop's tokens."""
    return CallbackTokens(KEY, clock=clock)


@pytest.fixture
def client(store: Store, tmp_path: Path, tokens: CallbackTokens) -> FlaskClient:
    """The provider, without a cookie."""
    return shop(store, tmp_path, Payments(store, tokens)).test_client()


def call(
    client: FlaskClient, order_id: str, token: str | None, outcome: Any = "paid", **headers: str
) -> TestResponse:
    """Call back as the provider does."""
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return client.post(f"/webhooks/payments/{order_id}", json={"outcome": outcome}, headers=headers)


@pytest.mark.parametrize(("outcome", "state"), [("paid", OrderState.PAID), ("declined", OrderState.REJECTED)])
def test_a_callback_settles_its_order(
    client: FlaskClient, store: Store, tokens: CallbackTokens, outcome: str, state: OrderState
) -> None:
    """Without a CSRF token; a repetition succeeds too."""
    order = store_order(store)
    token = tokens.issue(order)
    for result in ("changed", "repeated", "repeated"):
        response = call(client, order, token, outcome)
        assert (response.status_code, response.json) == (200, {"result": result})
        assert "Set-Cookie" not in response.headers
    assert state_of(store, order) is state


def test_the_shop_itself_knows_its_tokens(store: Store, tmp_path: Path) -> None:
    """A shop made from settings alone accepts the tokens of its own key."""
    order = store_order(store)
    response = call(shop(store, tmp_path).test_client(), order, CallbackTokens(KEY).issue(order))
    assert response.json == {"result": "changed"}


def test_invalid_tokens_are_rejected_alike(
    client: FlaskClient, store: Store, tokens: CallbackTokens, clock: Clock
) -> None:
    """Missing, forged, expired or another order's: one response for all, and a log event with the reason."""
    order, other = store_order(store), store_order(store)
    old = tokens.issue(order)
    clock.seconds += TOKEN_LIFETIME_SECONDS + 1
    tried = {
        None: "forged",
        "": "forged",
        "x": "forged",
        "é": "forged",
        CallbackTokens("another key", clock=clock).issue(order): "forged",
        old: "expired",
        tokens.issue(other): "other order",
    }
    with structlog.testing.capture_logs() as logs:
        answers = {
            (response.status_code, response.text) for response in (call(client, order, token) for token in tried)
        }
        for scheme in ("Basic", "Token"):
            response = call(client, order, None, Authorization=f"{scheme} {tokens.issue(order)}")
            answers.add((response.status_code, response.text))
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert [(event["log_level"], event["reason"]) for event in logs] == [
        ("warning", reason) for reason in (*tried.values(), "forged", "forged")
    ]
    assert {event["order_id"] for event in logs} == {order}
    assert not any(token in str(logs) for token in tried if token and len(token) > 5)
    assert state_of(store, order) is state_of(store, other) is OrderState.PLACED


def test_an_unknown_order_is_revealed_only_with_its_token(client: FlaskClient, tokens: CallbackTokens) -> None:
    """Trying order numbers reveals nothing."""
    unknown = new_order_id()
    assert call(client, unknown, tokens.issue(unknown)).status_code == 404
    assert call(client, unknown, "x").status_code == 401


@pytest.mark.parametrize("outcomes", list(itertools.permutations(["paid", "declined", "paid"])), ids=",".join)
def test_the_first_outcome_counts(
    client: FlaskClient, store: Store, tokens: CallbackTokens, outcomes: tuple[str, ...]
) -> None:
    """The same outcome again is a repetition, another one is a conflict that changes nothing."""
    order = store_order(store)
    statuses = [call(client, order, tokens.issue(order), outcome).status_code for outcome in outcomes]
    assert statuses == [200 if outcome == outcomes[0] else 409 for outcome in outcomes]
    first = {"paid": OrderState.PAID, "declined": OrderState.REJECTED}[outcomes[0]]
    assert state_of(store, order) is first


def test_a_payment_for_a_cancelled_order_is_a_conflict(
    client: FlaskClient, store: Store, tokens: CallbackTokens
) -> None:
    """The order stays cancelled and its stock is not reduced again."""
    order = store_order(store)
    change_states(store, order, OrderState.CANCELLED)
    response = call(client, order, tokens.issue(order))
    assert (response.status_code, response.mimetype) == (409, "application/json")
    assert state_of(store, order) is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"paid"', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"outcome": "Paid"}', "application/json", 400),
        (b'{"outcome": ["paid"]}', "application/json", 400),
        (b'{"outcome": {}}', "application/json", 400),
        (b'{"outcome": true}', "application/json", 400),
        (b"[" * 1000, "application/json", 400),
        (b'{"outcome": "paid"}', "text/plain", 415),
        (b"outcome=paid", "application/x-www-form-urlencoded", 415),
        (b" " * 2000, "application/json", 413),
    ],
)
def test_a_malformed_body_is_refused_in_json(client: FlaskClient, body: bytes, kind: str, status: int) -> None:
    """The body is checked before the token."""
    response = client.post(f"/webhooks/payments/{new_order_id()}", data=body, content_type=kind)
    assert (response.status_code, response.mimetype) == (status, "application/json")


def test_a_malformed_order_number_is_unknown(client: FlaskClient, tokens: CallbackTokens) -> None:
    """Including texts that cannot be a parameter of a query."""
    for path, order in (("%00", "\0"), ("x", "x"), ("%27", "'")):
        assert call(client, path, tokens.issue(order)).status_code == 404
    assert call(client, "%F0%9F%93%9A", "x").status_code == 401
    assert call(client, "x" * 65, "x").status_code == 404


def test_cross_site_calls_and_untrusted_hosts_are_rejected(
    client: FlaskClient, store: Store, tokens: CallbackTokens
) -> None:
    """In JSON; the error about the host names the setting."""
    order = store_order(store)
    crossing = call(client, order, tokens.issue(order), Origin="http://evil.org")
    assert (crossing.status_code, crossing.mimetype) == (403, "application/json")
    untrusted = call(client, order, tokens.issue(order), Host="evil.org")
    assert untrusted.status_code == 400
    assert untrusted.json is not None
    assert "MARKETPLACE_TRUSTED_HOSTS" in untrusted.json["error"]
    assert state_of(store, order) is OrderState.PLACED


def test_without_the_database_the_provider_is_asked_to_retry(tmp_path: Path, tokens: CallbackTokens) -> None:
    """503 in JSON: nothing is lost."""
    store = open_store(f"sqlite:///{tmp_path / 'never migrated.db'}")
    order = new_order_id()
    client = shop(store, tmp_path, Payments(store, tokens)).test_client()
    with structlog.testing.capture_logs() as logs:
        response = call(client, order, tokens.issue(order))
    store.close()
    assert (response.status_code, response.mimetype) == (503, "application/json")
    assert [event["log_level"] for event in logs] == ["error"]
