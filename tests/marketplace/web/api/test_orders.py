"""Orders over the API."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from marketplace.domain.orders import OrderState
from marketplace.store import Store
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import MODERATOR, buyer_of, change_states, log_of, order_of, store_order
from tests.marketplace.web.api.conftest import System, problem_of


def test_an_order_has_what_shipping_needs(system: System, store: Store) -> None:
    """Its lines, address, states and times."""
    reader_id = buyer_of(store)
    order_id = order_of(store, reader_id, 20, 2, OrderState.PAID)
    order = system.get(f"/orders/{order_id}")
    assert order["total"] == {"minor": 1998, "currency": "EUR"}
    assert order["lines"] == [
        {"book_id": 20, "title": "Dune", "quantity": 2, "price": {"minor": 999, "currency": "EUR"}}
    ]
    assert (order["reader_id"], order["email"]) == (reader_id, "ann@example.com")
    assert order["address"]["country"] == "GB"
    assert order["state"] == "paid"
    assert {change["state"] for change in order["changes"]} == {"placed", "paid"}
    assert order["placed_at"].endswith("Z")
    assert system.get("/orders")["orders"] == [order]


def test_orders_are_listed_in_pages_by_time(system: System, store: Store) -> None:
    """Each once, those of one moment by id; filtered by state and time."""
    moments = [NOON, NOON, NOON, NOON + timedelta(hours=1), NOON + timedelta(days=1)]
    ids = [store_order(store, at=moment) for moment in moments]
    expected = [*sorted(ids[:3]), *ids[3:]]
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = system.get(f"/orders?limit=2&cursor={cursor}")
        found += [order["id"] for order in page["orders"]]
        cursor = page["next_cursor"]
    assert found == expected

    def listed(**query: str) -> list[str]:
        words = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        return [order["id"] for order in system.get(f"/orders?{words}")["orders"]]

    change_states(store, ids[3], OrderState.CANCELLED)
    assert listed(state="cancelled") == [ids[3]]
    assert listed(placed_from="2026-03-01T13:00:00Z") == ids[3:]
    assert listed(placed_from="2026-03-01T14:00:00+01:00", placed_before="2026-03-02T12:00:00Z") == [ids[3]]
    assert listed(placed_before="2026-03-01T12:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "placed_from=yesterday",
        "placed_from=2026-03-01T12:00:00",
        "placed_from=0001-01-01T00:00:00%2B14:00",
        "placed_before=9999-12-31T23:59:59-14:00",
        "cursor=x",
        "cursor=MjAyNi0wMy0wMQ",
        "cursor=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCA3SzNNLTlRWEQtMlRCNA",
        "cursor=MjAyNi0wMy0wMVQxMjowMDowMCswMDowMCAA",
    ],
)
def test_a_malformed_filter_is_refused(system: System, query: str) -> None:
    """Also moments that no database has, in a cursor of somebody's own making too."""
    problem_of(system.send("GET", f"/orders?{query}"), 422, "invalid-request")


def test_an_order_is_shipped_delivered_or_cancelled(system: System, store: Store) -> None:
    """As moderators can; sent again it stays. The audit log names the token."""
    order_id = order_of(store, buyer_of(store), 20, 1, OrderState.PAID)
    for state in ("shipped", "shipped", "delivered"):
        changed = system.send("PUT", f"/orders/{order_id}/state", {"state": state})
        assert (changed.status_code, (changed.json or {})["state"]) == (200, state)
    content = problem_of(
        system.send("PUT", f"/orders/{order_id}/state", {"state": "cancelled"}), 409, "state-conflict"
    )
    assert "delivered" in content["detail"]
    log = [entry for entry in log_of(store) if entry.subject == order_id]
    assert len(log) == 2
    assert all(entry.detail["token"].startswith("token") and entry.email == MODERATOR for entry in log)


@pytest.mark.parametrize("state", ["paid", "placed", "rejected", "", None, 1])
def test_no_other_state_can_be_set(system: System, store: Store, state: object) -> None:
    """Payments are the provider's."""
    order_id = store_order(store)
    problem_of(system.send("PUT", f"/orders/{order_id}/state", {"state": state}), 422, "invalid-request")


@pytest.mark.parametrize("order_id", ["7K3M-9QXD-2TB4", "x", "%00", "a" * 1000])
def test_an_unknown_order_is_not_found(system: System, order_id: str) -> None:
    """Whatever was sent as its number."""
    problem_of(system.send("GET", f"/orders/{order_id}"), 404, "not-found")
    problem_of(system.send("PUT", f"/orders/{order_id}/state", {"state": "shipped"}), 404, "not-found")


def test_a_readers_export_is_the_readers_own_download(system: System, store: Store) -> None:
    """An unknown reader is not found."""
    reader_id = buyer_of(store)
    order_id = order_of(store, reader_id, 20)
    exported = system.get(f"/readers/{reader_id}/export")
    assert (exported["email"], exported["orders"][0]["id"]) == ("ann@example.com", order_id)
    problem_of(system.send("GET", "/readers/4711/export"), 404, "not-found")
