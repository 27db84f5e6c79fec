"""The span of each request to the shop."""

from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.trace import StatusCode

from marketplace.domain.callbacks import CallbackTokens
from marketplace.settings import Settings, session_key
from marketplace.store import Store
from marketplace.web.forms import BOOK_ID
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import store_order
from tests.traces import STRANGER, header_of, parent_of, recording


def token_of(tmp_path: Path, order_id: str, traceparent: str | None) -> str:
    settings = Settings(data_dir=tmp_path, secrets_dir=tmp_path / "secrets")
    return CallbackTokens(session_key(settings)).issue(order_id, traceparent)


def settle(client: FlaskClient, order_id: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "traceparent": STRANGER}
    return client.post(f"/webhooks/payments/{order_id}", json={"outcome": "paid"}, headers=headers).status_code


def test_a_page_is_a_span(visitor: FlaskClient) -> None:
    """Named by its route; the path, which names a book, and the query are not recorded."""
    with recording() as trace:
        response = visitor.get("/books/20?q=secret")
    (page,) = trace.spans
    assert (page.name, page.kind.name) == (f"GET /books/{BOOK_ID}", "SERVER")
    assert dict(page.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": f"/books/{BOOK_ID}",
        "http.response.status_code": 200,
        "url.scheme": "http",
    }
    assert header_of(page).split("-")[1] == response.headers["X-Trace-Id"]
    assert "secret" not in page.to_json()


def test_the_header_of_a_browser_is_not_continued(visitor: FlaskClient) -> None:
    """A stranger can neither have everything recorded nor join a trace, with traces or without."""
    with recording() as trace:
        visitor.get("/", headers={"traceparent": STRANGER})
    assert trace.spans[0].parent is None
    assert "a" * 32 not in header_of(trace.spans[0])
    assert visitor.get("/", headers={"traceparent": STRANGER}).headers["X-Trace-Id"] != "a" * 32


@pytest.mark.parametrize("path", ["/static/shop.css", "/healthz", "/readyz"])
def test_files_and_checks_have_no_span(visitor: FlaskClient, path: str) -> None:
    """They come too often."""
    with recording() as trace:
        assert visitor.get(path).status_code == 200
    assert trace.names == []


def test_an_unknown_page_has_no_route(visitor: FlaskClient) -> None:
    """What a stranger writes becomes no name."""
    with recording() as trace:
        visitor.get("/secret")
        visitor.open("/", method="SECRET")
    assert trace.names == ["GET", "HTTP"]
    assert [(page.attributes or {})["http.request.method"] for page in trace.spans] == ["GET", "_OTHER"]
    assert "secret" not in "".join(page.to_json() for page in trace.spans).lower()


def test_an_error_page_is_a_failed_span(visitor: FlaskClient, recommender: FakeRecommender) -> None:
    """By its status; the log and the page have the trace's id. A page that is not found is no failure of the shop."""
    recommender.error = ZeroDivisionError("secret")
    with (
        recording() as trace,
        structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs,
    ):
        assert visitor.get("/").status_code == 500
        assert visitor.get("/nope").status_code == 404
    failed, missing = trace.spans
    assert failed.status.status_code is StatusCode.ERROR
    assert (failed.attributes or {})["error.type"] == "500"
    assert logs[0]["trace_id"] == header_of(failed).split("-")[1]
    assert missing.status.status_code is StatusCode.UNSET
    assert "secret" not in failed.to_json()


def test_a_request_leaves_no_trace_in_its_thread(visitor: FlaskClient) -> None:
    """The next one begins another."""
    with recording() as trace:
        first, second = (visitor.get("/").headers["X-Trace-Id"] for _ in range(2))
    assert first != second
    assert [page.parent for page in trace.spans] == [None, None]
    assert structlog.contextvars.get_contextvars() == {}


def test_a_callback_continues_the_trace_of_its_token(app: Flask, store: Store, tmp_path: Path) -> None:
    """And not that of its header, which anybody can write."""
    order_id = store_order(store)
    ours = f"00-{'c' * 32}-{'d' * 16}-01"
    with recording() as trace:
        assert settle(app.test_client(), order_id, token_of(tmp_path, order_id, ours)) == 200
        assert settle(app.test_client(), order_id, token_of(tmp_path, order_id, None)) == 200
        assert settle(app.test_client(), order_id, "forged") == 401
    assert [parent_of(callback) for callback in trace.spans] == ["d" * 16, None, None]
    assert header_of(trace.spans[0]).split("-")[1] == "c" * 32
