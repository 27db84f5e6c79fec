"""Spans on their way to a collector."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import structlog

from servicekit.settings import SettingsError
from servicekit.tracing.export import FLUSH_SECONDS, LOG_SECONDS, Losses, exporting_traces, has_collector
from servicekit.tracing.spans import Kind, is_tracing, span
from tests.http_server import HttpServer, answer
from tests.traces import nodes_of

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture
def collector() -> Iterator[HttpServer]:
    """An HTTP server that takes everything."""
    with HttpServer() as running:
        yield running


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({ENDPOINT: "http://c:4318", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({ENDPOINT: "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_a_collector_switches_traces_on(environment: dict[str, str], expected: bool) -> None:
    """And the standard variables switch them off."""
    assert has_collector(environment) is expected


def test_without_a_collector_nothing_is_imported() -> None:
    """Not even OpenTelemetry's API."""
    code = (
        "import sys\nfrom servicekit.tracing.export import exporting_traces\n"
        "with exporting_traces('shop'):\n    assert not [name for name in sys.modules if 'opentelemetry' in name]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={})


def test_spans_reach_the_collector(collector: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the latest when the process ends, with the service's name and the environment's attributes."""
    monkeypatch.setenv(ENDPOINT, collector.url)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    with exporting_traces("shop"), span("GET /", Kind.SERVER, begins_trace=True):
        assert is_tracing()
    assert not is_tracing()
    (request,) = collector.requests
    assert (request.method, request.path) == ("POST", "/v1/traces")
    (node,) = nodes_of([request.body])
    assert node.name == "shop: GET /"
    assert b"deployment.environment.name" in request.body


def test_the_environment_names_the_service(collector: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_SERVICE_NAME goes before the service's own name."""
    monkeypatch.setenv(ENDPOINT, collector.url)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "bookshop")
    with exporting_traces("shop"), span("GET /", Kind.SERVER, begins_trace=True):
        pass
    assert nodes_of([collector.requests[0].body])[0].name == "bookshop: GET /"


def test_the_environment_names_the_sampler(collector: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a ratio of 0 nothing is recorded."""
    monkeypatch.setenv(ENDPOINT, collector.url)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    with exporting_traces("shop"), span("GET /", Kind.SERVER, begins_trace=True):
        pass
    assert collector.requests == []


def test_a_malformed_variable_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one of the service's own does."""
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    with pytest.raises(SettingsError, match="OTEL_…, is malformed: max_queue_size"), exporting_traces("shop"):
        pass


def test_malformed_headers_are_not_logged(
    collector: HttpServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They may be a key; the collector will say that it is missing."""
    monkeypatch.setenv(ENDPOINT, collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "secret")
    with exporting_traces("shop"), span("GET /", Kind.SERVER, begins_trace=True):
        pass
    assert len(collector.requests) == 1
    assert "secret" not in caplog.text


def test_a_collector_that_hangs_delays_neither_pages_nor_the_end(
    collector: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More spans than the queue holds are made at once, and the process ends within its time."""
    collector.answer = collector.hang
    monkeypatch.setenv(ENDPOINT, collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "4")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "20")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    with exporting_traces("shop"):
        began = time.monotonic()
        for _ in range(100):
            with span("GET /", Kind.SERVER, begins_trace=True):
                pass
        assert time.monotonic() - began < FLUSH_SECONDS
        collector.await_requests(1)
        began = time.monotonic()
    assert time.monotonic() - began < 2 * FLUSH_SECONDS
    collector.closing.set()
    for thread in threading.enumerate():
        if thread.name in {"end of traces", "OtelBatchSpanRecordProcessor"}:
            thread.join(30)
            assert not thread.is_alive()


def test_a_collector_that_refuses_is_logged(collector: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, without the libraries' own."""
    collector.answer = answer(400)
    monkeypatch.setenv(ENDPOINT, collector.url)
    with structlog.testing.capture_logs() as logs, exporting_traces("shop"):
        for _ in range(3):
            with span("GET /", Kind.SERVER, begins_trace=True):
                pass
    assert logs == [{"event": "traces_not_exported", "log_level": "warning", "spans": 3}]


def test_losses_are_logged_once_a_minute() -> None:
    """With the number of spans since the line before."""
    seconds = 0.0
    losses = Losses(lambda: seconds)
    with structlog.testing.capture_logs() as logs:
        losses.add("ab")
        losses.add("abc")
        seconds = LOG_SECONDS
        losses.add("a")
    assert [line["spans"] for line in logs] == [2, 4]
