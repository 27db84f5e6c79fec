"""Abuse over the wire: each is refused with its status code, reaches nothing, and learns nothing."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status
from PIL import Image

from previews.fetching.resolving import Address
from protobufs import previews_pb2 as pb
from protobufs.previews_pb2_grpc import PreviewsStub
from tests.http_server import HttpServer, answer
from tests.previews.site import DEADLINE, LOOPBACK, addresses, endless, fetcher, html, port_of, stub_of

INVALID, FAILED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION
UNAVAILABLE, SLOW = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED

NEVER_ALLOWED = [
    # Those of the first draft.
    *("http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/"),
    *("http://169.254.169.254/", "http://2130706433/", "http://0x7f.1/", "http://10.0.0.1/", "http://100.64.0.1/"),
    *("http://user@127.0.0.1/", "file:///etc/passwd"),
    # More of them.
    *("http://127.0.0.1:22/", "https://127.0.0.1:50051/", "http://example.com:8080/", "https://example.com:6379/"),
    *("http://user:password@example.com/", "http://017700000001/", "http://127.1/", "http://[::]/"),
    *("http://[fe80::1%25lo]/", "http://[fd00:ec2::254]/", "http://[64:ff9b::a00:1]/", "http://[2002:7f00:1::]/"),
    *("http://168.63.129.16/", "http://192.0.0.192/", "http://224.0.0.1/", "http://255.255.255.255/"),
    *("gopher://example.com/", "ftp://example.com/", "unix:///run/x.sock", "javascript:alert(1)", "x" * 5000, ""),
]


@pytest.fixture
def stub(tmp_path: Path, site: HttpServer) -> Iterator[PreviewsStub]:
    """A service that may fetch from `site` at its address, and otherwise obeys the rules of production."""
    with stub_of(tmp_path, lambda: fetcher(site, seconds=0.5)) as (stub, _):
        yield stub


def refusal(method: Any, request: Any) -> tuple[grpc.StatusCode, str]:
    """The status code and the text of a refused call."""
    with pytest.raises(grpc.RpcError) as caught:
        method(request, timeout=DEADLINE)
    error: Any = caught.value
    assert LOOPBACK not in error.details()
    return error.code(), error.details()


def refused(stub: PreviewsStub, url: str) -> grpc.StatusCode:
    return refusal(stub.Preview, pb.PreviewRequest(url=url))[0]


@pytest.mark.parametrize("url", NEVER_ALLOWED)
def test_urls_that_are_never_allowed(stub: PreviewsStub, url: str) -> None:
    """INVALID_ARGUMENT by both methods, with the field and the reason in the details."""
    calls: list[tuple[Any, Any]] = [
        (stub.Preview, pb.PreviewRequest(url=url)),
        (stub.Picture, pb.PictureRequest(url=url)),
    ]
    for method, request in calls:
        with pytest.raises(grpc.RpcError) as caught:
            method(request, timeout=DEADLINE)
        assert caught.value.code() is INVALID
        status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]
        bad = BadRequest()
        assert status is not None
        assert status.details[0].Unpack(bad)
        (violation,) = bad.field_violations
        assert violation.field == "url"
        assert violation.description


def test_other_ports_of_this_machine(stub: PreviewsStub, secret: HttpServer) -> None:
    """A port on which something listens is like any other."""
    assert refused(stub, secret.url) is INVALID


def test_redirects_inside(stub: PreviewsStub, site: HttpServer, secret: HttpServer) -> None:
    """A page cannot lead to this machine or its network, in a loop, or to what is no page."""
    for location in (
        secret.url,
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
    ):
        site.answer = answer(302, b"", Location=location)
        code, text = refusal(stub.Preview, pb.PreviewRequest(url=f"{site.url}/{len(location)}"))
        assert code is FAILED
        assert text == "The page redirects too often, or to an address that is not accepted"
    site.answer = answer(302, b"", Location="/loop")
    assert refused(stub, f"{site.url}/loop") is FAILED


def test_names_of_this_network(tmp_path: Path, secret: HttpServer) -> None:
    """A name with a private address and a name without any get the same answer: nobody can map this network."""
    answers = set()
    with ExitStack() as stack:
        for i, texts in enumerate([("10.0.0.1",), ("127.0.0.1",), ("::1",), ("8.8.8.8", "10.0.0.1"), ()]):
            (tmp_path / str(i)).mkdir()
            look_up = addresses(*texts)
            stub, _ = stack.enter_context(
                stub_of(tmp_path / str(i), lambda look_up=look_up: fetcher(look_up=look_up))  # type: ignore[misc]
            )
            answers.add(refusal(stub.Preview, pb.PreviewRequest(url="http://inside.example/")))
    assert answers == {(FAILED, "The host has no public address")}


def test_a_name_that_changes(tmp_path: Path, site: HttpServer) -> None:
    """DNS rebinding: an address that comes with the second look-up is judged like the first."""
    count = iter(range(100))

    def changing(host: str, port: int) -> list[Address]:
        return list(addresses(LOOPBACK if next(count) == 0 else "127.0.0.2")(host, port))

    site.answer = html("<title>First</title>")
    with stub_of(tmp_path, lambda: fetcher(site, look_up=changing)) as (stub, _):
        request = pb.PreviewRequest(url=f"http://rebinding.example:{port_of(site)}/")
        assert stub.Preview(request, timeout=DEADLINE).title == "First"
        request.url += "again"
        assert refusal(stub.Preview, request)[0] is FAILED


def test_bodies(stub: PreviewsStub, site: HttpServer) -> None:
    """Endless, dripping, a bomb, of another kind, in an unknown encoding, broken: each has its code."""
    bomb = answer(200, gzip.compress(bytes(50 << 20)), Content_Type="text/html", Content_Encoding="gzip")
    cases = [
        (endless(site, b"Content-Type: text/html\r\n\r\n", b"<p>" * 10_000), FAILED),
        (bomb, FAILED),
        (endless(site, b"Content-Type: text/html\r\n\r\n", b"<", pause=0.02), SLOW),
        (site.hang, SLOW),
        (html(b"%PDF-1.7", "application/pdf"), FAILED),
        (html(b"\xff<title>", "text/html; charset=x-unknown"), FAILED),
        (answer(403), FAILED),
        (answer(404), grpc.StatusCode.NOT_FOUND),
        (answer(500), UNAVAILABLE),
        (lambda _request: [b"nonsense"], UNAVAILABLE),
    ]
    for i, (given, expected) in enumerate(cases):
        site.answer = given
        assert refused(stub, f"{site.url}/{i}") is expected, i


def test_pictures(stub: PreviewsStub, site: HttpServer) -> None:
    """Huge by bytes or by pixels, animated, SVG with a script under its own and under another type, no picture."""
    huge, animated = BytesIO(), BytesIO()
    Image.new("1", (6000, 6000)).save(huge, "PNG")
    frames = [Image.new("RGB", (5, 5), colour) for colour in ("red", "blue")]
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for given in (
        endless(site, b"Content-Type: image/png\r\n\r\n", bytes(100_000)),
        html(huge.getvalue(), "image/png"),
        html(animated.getvalue(), "image/gif"),
        html(svg, "image/svg+xml"),
        html(svg, "image/png"),
        html("<title>A page</title>"),
    ):
        site.answer = given
        assert refusal(stub.Picture, pb.PictureRequest(url=site.url))[0] is FAILED
