"""The service over the wire, by its own stub and by grpcurl."""

import json
import re
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image

from previews.api.health import SERVICE
from protobufs import previews_pb2 as pb
from protobufs.previews_pb2_grpc import PreviewsStub
from servicekit.grpc.reflection import V1, V1ALPHA
from tests.http_server import HttpServer
from tests.previews.parsing.sites import SITES
from tests.previews.site import DEADLINE, fetcher, html, stub_of
from tests.system_requirements import grpcurl

BOOK = SITES[0]


@pytest.fixture
def served(tmp_path: Path, site: HttpServer) -> Iterator[tuple[PreviewsStub, str]]:
    """A client of a service that may fetch from `site`, and the service's address."""
    with stub_of(tmp_path, lambda: fetcher(site)) as pair:
        yield pair


def test_a_preview_of_a_book(served: tuple[PreviewsStub, str], site: HttpServer) -> None:
    """All fields arrive."""
    site.answer = html(BOOK.html)
    response = served[0].Preview(pb.PreviewRequest(url=site.url), timeout=DEADLINE)
    expected = BOOK.expected
    assert (response.title, response.description, response.image, response.site) == (
        expected.title,
        expected.description,
        expected.image,
        expected.site,
    )
    assert (tuple(response.authors), response.isbn) == (expected.authors, expected.isbn)
    assert response.url == site.url + "/"


def test_a_picture(served: tuple[PreviewsStub, str], site: HttpServer) -> None:
    """It arrives as a JPEG."""
    file = BytesIO()
    Image.new("RGB", (30, 40), "blue").save(file, "WEBP")
    site.answer = html(file.getvalue(), "image/webp")
    response = served[0].Picture(pb.PictureRequest(url=site.url), timeout=DEADLINE)
    assert (response.media_type, response.width, response.height) == ("image/jpeg", 30, 40)
    assert Image.open(BytesIO(response.image)).format == "JPEG"


def test_health(served: tuple[PreviewsStub, str]) -> None:
    """The standard health service knows the service."""
    with grpc.insecure_channel(served[1]) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            status = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=DEADLINE).status
            assert status == health_pb2.HealthCheckResponse.SERVING


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(grpcurl()), "-plaintext", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)


@pytest.mark.slow
@pytest.mark.grpcurl
def test_grpcurl(served: tuple[PreviewsStub, str], site: HttpServer) -> None:
    """By reflection it lists and describes the service, and previews a page; a refused URL names the field."""
    address = served[1]
    assert run(address, "list").stdout.split() == ["Previews", "grpc.health.v1.Health", V1, V1ALPHA]
    described = run(address, "describe", "Previews").stdout
    assert "rpc Preview ( .PreviewRequest ) returns ( .PreviewResponse );" in described
    site.answer = html(BOOK.html)
    done = run("-d", json.dumps({"url": site.url}), address, "Previews/Preview")
    assert json.loads(done.stdout)["isbn"] == BOOK.expected.isbn, done.stderr
    refused = run("-d", '{"url": "http://169.254.169.254/"}', address, "Previews/Preview")
    assert "Code: InvalidArgument" in refused.stderr
    assert re.search('"field": *"url"', refused.stderr)
    healthy = run("-d", '{"service": "Previews"}', address, "grpc.health.v1.Health/Check")
    assert json.loads(healthy.stdout) == {"status": "SERVING"}
