"""Compressed pages and static files."""

import gzip
from http import HTTPStatus
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.web.compression import compress


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A new browser."""
    return app.test_client()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["/account/sign-up", "/static/shop.css"])
def test_responses_are_compressed_as_the_browser_accepts(
    client: FlaskClient, path: str, accepted: str, encoding: str | None
) -> None:
    """Pages and static files, with a Vary header."""
    response = client.get(path, headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.data)
    response.close()


def test_compression_is_lossless(client: FlaskClient) -> None:
    """HEAD has the same length as GET."""
    plain = client.get("/static/shop.css").data
    for encoding, unpack in {"gzip": gzip.decompress, "br": brotli.decompress}.items():
        headers = {"Accept-Encoding": encoding}
        packed = client.get("/static/shop.css", headers=headers)
        assert unpack(packed.data) == plain
        assert len(packed.data) < len(plain) / 2
        head = client.head("/static/shop.css", headers=headers)
        assert head.headers["Content-Length"] == packed.headers["Content-Length"]


def test_a_cached_compressed_file_is_not_sent_again(client: FlaskClient) -> None:
    """Each encoding has its own ETag, answered with 304."""
    tags = set()
    for encoding in ("gzip", "br", "identity"):
        headers = {"Accept-Encoding": encoding}
        tag = client.get("/static/shop.css", headers=headers).headers["ETag"]
        tags.add(tag)
        again = client.get("/static/shop.css", headers={**headers, "If-None-Match": tag})
        assert again.status_code == HTTPStatus.NOT_MODIFIED
        assert again.data == b""
        again.close()
    assert len(tags) == 3


def test_a_static_file_is_compressed_once(tmp_path: Path) -> None:
    """A page is compressed each time."""
    file = tmp_path / "shop.css"
    file.write_text("first " * 200)
    app = Flask("shop", static_folder=str(tmp_path), static_url_path="/static")
    pages = iter(["first " * 200, "second " * 200])
    app.add_url_rule("/", view_func=lambda: next(pages))
    compress(app)
    client = app.test_client()
    for path, unpacked in {"/static/shop.css": ["first "] * 2, "/": ["first ", "second "]}.items():
        for words in unpacked:
            answer = client.get(path, headers={"Accept-Encoding": "gzip"})
            assert gzip.decompress(answer.data).decode() == words * 200
            file.write_text("second " * 200)
            answer.close()


def test_a_range_is_not_compressed(client: FlaskClient) -> None:
    """A range counts bytes of the original file."""
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-699"}
    part = client.get("/static/shop.css", headers=headers)
    assert part.status_code == HTTPStatus.PARTIAL_CONTENT
    assert "Content-Encoding" not in part.headers
    assert len(part.data) == 700
    part.close()


def test_small_responses_are_not_compressed(client: FlaskClient) -> None:
    """Compression is not worth it below 500 bytes."""
    assert "Content-Encoding" not in client.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers
