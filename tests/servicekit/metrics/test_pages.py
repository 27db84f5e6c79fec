"""Measured pages of a Flask application."""

from collections.abc import Callable
from threading import Event

import pytest
from flask import Flask, Response, abort
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry

from servicekit.metrics.pages import PageMetrics, add_server
from tests.e2e.processes import await_that
from tests.servicekit.serving.running import GET, answer, connected, serving

Count = Callable[[str, str], float | None]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def client(registry: CollectorRegistry) -> FlaskClient:
    """A client of an application that is measured."""
    app = Flask(__name__)

    @app.get("/books/<int:book_id>")
    def book(book_id: int) -> Response:
        if book_id == 13:
            raise ZeroDivisionError
        if book_id == 14:
            abort(429)
        return Response("a book")

    app.wsgi_app = PageMetrics(registry).measured(app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app.test_client()


@pytest.fixture
def count(registry: CollectorRegistry) -> Count:
    """How often a page was answered with a status."""

    def count(page: str, status: str) -> float | None:
        return registry.get_sample_value("http_requests_total", {"page": page, "status": status})

    return count


def test_pages_are_counted_by_route(client: FlaskClient, count: Count, registry: CollectorRegistry) -> None:
    """All books are one page, so that no label has an id."""
    client.get("/books/1")
    client.get("/books/2?q=secret")
    assert count("/books/<int:book_id>", "2xx") == 2
    labels = [sample.labels for family in registry.collect() for sample in family.samples]
    assert {"page": "/books/<int:book_id>", "status": "2xx"} in labels
    assert all(labelled["page"] == "/books/<int:book_id>" for labelled in labels)


def test_unknown_paths_are_one_page(client: FlaskClient, count: Count) -> None:
    """Paths that a client makes up do not become series."""
    for path in ("/wp-login.php", "/books/x", "/.env"):
        client.get(path)
    assert count("unknown", "4xx") == 3


@pytest.mark.parametrize(("book_id", "status"), [(13, "5xx"), (14, "429")])
def test_failed_and_refused_pages_are_told_apart(
    client: FlaskClient, count: Count, book_id: int, status: str
) -> None:
    """An exception is 5xx; too many requests are neither that nor an error of the client."""
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    client.get(f"/books/{book_id}")
    assert count("/books/<int:book_id>", status) == 1


def test_an_exception_that_leaves_the_application_is_counted(registry: CollectorRegistry, count: Count) -> None:
    """Flask answers its own; nothing else may go unseen, or be swallowed."""

    def broken(*_: object) -> list[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        PageMetrics(registry).measured(broken)({}, lambda *_: lambda _: None)
    assert count("unknown", "5xx") == 1


def test_durations_are_in_seconds(client: FlaskClient, registry: CollectorRegistry) -> None:
    """A quick page is in the first bucket that is long enough for it, and in all after it."""
    client.get("/books/1")
    labels = {"page": "/books/<int:book_id>"}
    assert registry.get_sample_value("http_request_duration_seconds_count", labels) == 1
    assert registry.get_sample_value("http_request_duration_seconds_bucket", {**labels, "le": "10.0"}) == 1
    seconds = registry.get_sample_value("http_request_duration_seconds_sum", labels)
    assert seconds is not None
    assert 0 < seconds < 10


def test_busy_threads_and_waiting_requests_are_seen(registry: CollectorRegistry) -> None:
    """While one thread answers, the other request waits."""
    entered, leave = Event(), Event()

    def app(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        entered.set()
        leave.wait(20)
        start_response("200 OK", [("Content-Length", "5")])
        return [b"hello"]

    with serving(app, threads=1) as server:
        add_server(registry, server)
        with connected(server, GET) as first:
            assert entered.wait(20)
            with connected(server, GET) as second:
                await_that(lambda: registry.get_sample_value("http_requests_waiting"))
                names = ("http_threads", "http_threads_busy", "http_requests_waiting")
                assert [registry.get_sample_value(name) for name in names] == [1, 1, 1]
                leave.set()
                assert answer(first).endswith(b"hello")
                assert answer(second).endswith(b"hello")
        assert registry.get_sample_value("http_connections_made_way_total") == 0
