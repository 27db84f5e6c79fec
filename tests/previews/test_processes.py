"""Previews as a process: commands, health, what it refuses in production, and its end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from previews.api.health import SERVICE
from protobufs import previews_pb2 as pb
from protobufs.previews_pb2_grpc import PreviewsStub
from servicekit.grpc.tls import channel_credentials
from tests.certificates import Authority
from tests.e2e.processes import ROOT, Process, await_that
from tests.http_server import HttpServer
from tests.previews.site import DEADLINE

pytestmark = pytest.mark.slow

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> Environment:
    """Settings for a service of this test's own, on a free port and each database."""
    return {
        "PREVIEWS_DATA_DIR": str(tmp_path / "new"),
        "PREVIEWS_DATABASE_URL": database_url,
        "PREVIEWS_PORT": "0",
    }


@pytest.fixture
def process(environment: Environment) -> Iterator[Process]:
    """A started service."""
    process = Process("previews", environment)
    yield process
    process.kill()


def run(environment: Environment, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "previews", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_refuses_and_stops(process: Process, environment: Environment, secret: HttpServer) -> None:
    """It makes its database, is healthy, fetches nothing of this machine, and ends by SIGTERM with 0."""
    mine = environment | {"PREVIEWS_PORT": str(process.port)}
    await_that(lambda: run(mine, "health").stdout == "serving\n", show=lambda: process.output)
    with grpc.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        stub = PreviewsStub(channel)
        for url, code in (
            (secret.url, grpc.StatusCode.INVALID_ARGUMENT),
            ("http://localhost/", grpc.StatusCode.FAILED_PRECONDITION),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Preview(pb.PreviewRequest(url=url), timeout=DEADLINE)
            assert caught.value.code() is code
    assert process.stop() == 0
    assert "Traceback" not in process.output
    assert "preview_failed" in process.output
    assert "localhost" not in process.output
    assert run(mine, "health").returncode == 1


def test_a_second_service_on_the_port(process: Process, environment: Environment) -> None:
    """It says which settings to look at."""
    refused = run(environment | {"PREVIEWS_PORT": str(process.port)}, "start")
    assert refused.returncode == 1
    assert "see PREVIEWS_BIND and PREVIEWS_PORT" in refused.stderr


def test_commands(environment: Environment) -> None:
    """`serve` wants a database that is up to date; `migrate` makes it, twice the same."""
    refused = run(environment, "serve")
    assert refused.returncode == 1
    assert "run `python -m previews migrate` first" in refused.stderr
    for _ in range(2):
        done = run(environment, "migrate")
        assert (done.returncode, done.stdout) == (0, "the database is up to date\n"), done.stderr


def test_a_killed_service_starts_again(environment: Environment) -> None:
    """Over the same database."""
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = Process("previews", environment)
        os.kill(process.pid, number)
        process.stop()
    assert "Traceback" not in process.output


def test_mutual_tls_protects_every_method(environment: Environment, tmp_path: Path) -> None:
    """Only a client with a certificate of the CA is answered; the `health` command needs none."""
    authority = Authority(tmp_path / "ca")
    files, own = authority.server_files(mutual=True), authority.issue("client")
    with socket.create_server(("127.0.0.1", 0)) as free:
        health_port = free.getsockname()[1]
    settings = {
        **environment,
        "PREVIEWS_HEALTH_PORT": str(health_port),
        "PREVIEWS_TLS_CERTIFICATE": str(files.certificate),
        "PREVIEWS_TLS_KEY": str(files.key),
        "PREVIEWS_TLS_CLIENT_CA": str(files.client_ca),
    }
    process = Process("previews", settings)
    try:
        await_that(lambda: run(settings, "health").stdout == "serving\n", show=lambda: process.output)
        address = f"127.0.0.1:{process.port}"
        for method in pb.DESCRIPTOR.services_by_name[SERVICE].methods:
            for credentials, expected in (
                (channel_credentials(authority.file)(), grpc.StatusCode.UNAVAILABLE),
                (channel_credentials(authority.file, own.certificate, own.key)(), grpc.StatusCode.INVALID_ARGUMENT),
            ):
                with grpc.secure_channel(address, credentials) as channel:
                    call: Any = channel.unary_unary(f"/{SERVICE}/{method.name}")
                    with pytest.raises(grpc.RpcError) as caught:
                        call(b"", timeout=DEADLINE)
                assert caught.value.code() is expected
    finally:
        assert process.stop() == 0
