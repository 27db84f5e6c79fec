"""Compressed pages and static files."""

import gzip
from http import HTTPStatus
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_compress import DictCache

from marketplace.web.compression import MAX_ACCEPT_ENCODING, FileCache, compress


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


def test_a_static_file_is_kept_once_however_its_path_is_spelled(tmp_path: Path) -> None:
    """Kept under the path as sent, each spelling would take memory for ever."""
    (tmp_path / "shop.css").write_text("first " * 200)
    app = Flask("shop", static_folder=str(tmp_path), static_url_path="/static")
    cache = DictCache()
    compress(app, cache)
    client = app.test_client()
    for sent in (
        "a/../shop.css",
        "b/../shop.css",
        "./shop.css",
        "x/y/../../shop.css",
        "%2e/shop.css",
        "shop.css?v=1",
    ):
        answer = client.get(f"/static/{sent}", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(answer.data).decode() == "first " * 200
        answer.close()
    assert len(cache.data) == 1


def test_compressed_files_take_limited_memory() -> None:
    """The least recently used file is discarded first; one that never fits is not kept."""
    cache = FileCache(max_bytes=10)
    for key in ("a", "b", "c"):
        cache.set(key, b"12345")
    cache.set("large", b"12345678901")
    assert [cache.get(key) for key in ("a", "b", "c", "large")] == [None, b"12345", b"12345", None]


@pytest.mark.parametrize("path", ["/account/sign-up", "/static/shop.css"])
def test_a_long_list_of_accepted_encodings_is_ignored(client: FlaskClient, path: str) -> None:
    """The library would keep it for the next request."""
    accepted = "gzip, " + "x" * MAX_ACCEPT_ENCODING
    response = client.get(path, headers={"Accept-Encoding": accepted})
    assert response.status_code == HTTPStatus.OK
    assert "Content-Encoding" not in response.headers
    assert "Accept-Encoding" in response.headers["Vary"]
    response.close()


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
