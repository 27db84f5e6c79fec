"""The health check of containers."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

from marketplace.settings import Settings as MarketplaceSettings
from payments.settings import Settings as PaymentsSettings
from recommendations.api.health import SERVICE
from recommendations.settings import Settings as RecommendationsSettings
from servicekit.serving import health_check
from servicekit.serving.health_check import Unhealthy, check_grpc, check_http, main
from tests.e2e.processes import ROOT
from tests.http_server import HttpServer

PROGRAM = [sys.executable, "-I", "-S", "servicekit/serving/health_check.py"]


@pytest.fixture
def health() -> Iterator[tuple[HealthServicer, int]]:
    """A gRPC server with a health service, and its port."""
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, port
    server.stop(None).wait()


def test_grpc_health_is_read(health: tuple[HealthServicer, int]) -> None:
    """SERVING passes; NOT_SERVING and an unknown service fail."""
    servicer, port = health
    servicer.set("Books", HealthCheckResponse.SERVING)
    check_grpc("127.0.0.1", port, "Books")
    servicer.set("Books", HealthCheckResponse.NOT_SERVING)
    with pytest.raises(Unhealthy, match="not serving"):
        check_grpc("127.0.0.1", port, "Books")
    with pytest.raises(Unhealthy, match="not serving"):
        check_grpc("127.0.0.1", port, "Unknown")


def test_http_health_is_read() -> None:
    """Only status 200 passes; the Host header is as given."""
    with HttpServer() as server:
        port = int(server.url.rpartition(":")[2].rstrip("/"))
        server.answer = lambda _request: [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]
        check_http("127.0.0.1", port, name="shop.example")
        assert server.requests[0].headers["Host"] == "shop.example"
        server.answer = lambda _request: [b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"]
        with pytest.raises(Unhealthy, match="not alive: status 503"):
            check_http("127.0.0.1", port)


def test_a_server_that_does_not_answer_is_unhealthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens, or it accepts and is silent, or speaks another protocol: in time, and with one exception."""
    monkeypatch.setattr(health_check, "TIMEOUT_SECONDS", 0.1)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        message = f"no answer from 127.0.0.1:{port}: timed out"
        with pytest.raises(Unhealthy, match=message):
            check_http("127.0.0.1", port)
        with pytest.raises(Unhealthy, match=message):
            check_grpc("127.0.0.1", port, "Books")
    with pytest.raises(Unhealthy, match="Connection refused"):
        check_http("127.0.0.1", port)
    with HttpServer() as server:
        other = int(server.url.rpartition(":")[2].rstrip("/"))
        with pytest.raises(Unhealthy):
            check_grpc("127.0.0.1", other, "Books")


def test_the_program_is_light(health: tuple[HealthServicer, int]) -> None:
    """It takes at most 0.1 s of processor, without any package, and reads the settings of the server."""
    servicer, port = health
    servicer.set("Recommendations", HealthCheckResponse.SERVING)
    seconds = []
    for _ in range(3):
        process = subprocess.Popen(
            [*PROGRAM, "recommendations", "1", "Recommendations"],
            cwd=ROOT,
            env=os.environ | {"RECOMMENDATIONS_PORT": str(port), "RECOMMENDATIONS_BIND": "0.0.0.0"},
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        seconds.append(used.ru_utime + used.ru_stime)
    assert min(seconds) <= 0.1
    failed = subprocess.run(
        [*PROGRAM, "marketplace", "1"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert failed.returncode == 1
    assert failed.stderr == "no answer from 127.0.0.1:1: [Errno 111] Connection refused\n"


@pytest.mark.parametrize("bind", ["unix:{path}", "unix://{path}", "[::1]", " ::1 , 127.0.0.9", "unix:{path},::1"])
def test_it_asks_the_first_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bind: str) -> None:
    """However the setting names it, also a Unix socket."""
    servicer, path = HealthServicer(), tmp_path / "a.sock"
    servicer.set(SERVICE, HealthCheckResponse.SERVING)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{path}")
    port = server.add_insecure_port("[::1]:0")
    server.start()
    monkeypatch.setenv("RECOMMENDATIONS_BIND", bind.format(path=path))
    monkeypatch.setenv("RECOMMENDATIONS_PORT", str(port))
    main("recommendations", "1", SERVICE)
    server.stop(None).wait()
    with pytest.raises(Unhealthy, match=r"no answer from (unix:/|::1:)"):
        main("recommendations", "1", SERVICE)


def test_with_tls_it_asks_the_port_for_health(
    monkeypatch: pytest.MonkeyPatch, health: tuple[HealthServicer, int]
) -> None:
    """On loopback, whatever the server's own addresses are; by default ten above the default port."""
    servicer, port = health
    servicer.set(SERVICE, HealthCheckResponse.SERVING)
    monkeypatch.setenv("RECOMMENDATIONS_BIND", "10.255.255.1")
    monkeypatch.setenv("RECOMMENDATIONS_PORT", "1")
    monkeypatch.setenv("RECOMMENDATIONS_TLS_CERTIFICATE", "/tls/server.pem")
    main("recommendations", str(port - 10), SERVICE)
    with pytest.raises(Unhealthy, match=r"no answer from 127\.0\.0\.1:11:"):
        main("recommendations", "1", SERVICE)
    monkeypatch.setenv("RECOMMENDATIONS_HEALTH_PORT", str(port))
    main("recommendations", "1", SERVICE)


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("marketplace/Dockerfile", ["marketplace", MarketplaceSettings.model_fields["port"].default]),
        (
            "recommendations/Dockerfile",
            ["recommendations", RecommendationsSettings.model_fields["port"].default, SERVICE],
        ),
        ("docker-compose.yaml", ["payments", PaymentsSettings.model_fields["port"].default]),
    ],
)
def test_the_images_run_it_with_the_right_defaults(file: str, arguments: list[object]) -> None:
    """The default port and the name of the service are those of the settings and the contract."""
    command = re.search(r'"servicekit/serving/health_check\.py", (.*)\]', (ROOT / file).read_text(encoding="utf-8"))
    assert command is not None
    assert command[1] == ", ".join(f'"{argument}"' for argument in arguments)
