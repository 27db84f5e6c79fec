"""The port of the metrics."""

import socket
import threading
from contextlib import ExitStack

import pytest
import urllib3

from servicekit.errors import AddressInUse
from servicekit.metrics.registry import create_registry
from servicekit.metrics.serving import LIMITS, serving_metrics

LOOPBACK = "127.0.0.1"


def get(port: int | None, path: str = "/metrics") -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", f"http://{LOOPBACK}:{port}{path}", timeout=20, retries=False)


def test_metrics_are_at_one_path_and_nothing_else_is() -> None:
    """Text for Prometheus; any other path is 404."""
    with serving_metrics(create_registry(), [LOOPBACK], 0, prefix="TEST") as port:
        answer = get(port)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert b"process_open_fds" in answer.data
        assert [get(port, path).status for path in ("/", "/metrics/x", "/favicon.ico")] == [404] * 3


def test_by_default_nothing_is_served() -> None:
    """No port, no thread."""
    before = threading.active_count()
    with serving_metrics(create_registry(), [LOOPBACK], None, prefix="TEST") as port:
        assert port is None
        assert threading.active_count() == before


def test_a_port_in_use_names_its_setting() -> None:
    """The operator sees which of a service's ports it is."""
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        serving = serving_metrics(create_registry(), [LOOPBACK], port, prefix="TEST")
        with pytest.raises(AddressInUse, match=f"127.0.0.1:{port}: .*TEST_BIND and TEST_METRICS_PORT"), serving:
            pass


def test_it_ends_with_the_service() -> None:
    """Its threads are gone, and the port is free, although a Prometheus keeps its connection open."""
    before = threading.active_count()
    with serving_metrics(create_registry(), [LOOPBACK], 0, prefix="TEST") as port, socket.socket() as idle:
        idle.connect((LOOPBACK, port or 0))
        pool = urllib3.HTTPConnectionPool(LOOPBACK, port)
        assert pool.request("GET", "/metrics").status == 200
    pool.close()
    assert threading.active_count() == before
    with socket.create_server((LOOPBACK, port or 0)):
        pass


def test_silent_clients_do_not_keep_prometheus_out() -> None:
    """Beyond the limit those that wait longest make way, and the only thread waits for none of them."""
    with serving_metrics(create_registry(), [LOOPBACK], 0, prefix="TEST") as port, ExitStack() as stack:
        for _ in range(2 * LIMITS.connections):
            client = stack.enter_context(socket.create_connection((LOOPBACK, port or 0)))
            client.sendall(b"GET /metrics HTTP/1.1\r\n")
        assert get(port).status == 200


def test_a_service_on_a_unix_socket_has_its_metrics_on_loopback() -> None:
    """Prometheus reads no Unix sockets."""
    with serving_metrics(create_registry(), ["unix:/nonexistent/a.sock"], 0, prefix="TEST") as port:
        assert get(port).status == 200
