"""Compressed responses."""

from http import HTTPStatus
from threading import Lock

from cachetools import LRUCache
from flask import Flask, Request, Response, current_app, request
from flask_compress import CacheBackend, Compress
from werkzeug.security import safe_join

MIMETYPES = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")
MIN_SIZE = 500
MAX_COMPRESSED_BYTES = 4 * 1024 * 1024
"""Of static files that are kept; the shop's take 50 kB in all algorithms."""
MAX_ACCEPT_ENCODING = 256
"""flask-compress keeps this header of the last 128 clients. Browsers send about 30 characters."""


class FileCache:
    """Compressed static files, the least recently used ones discarded; a backend of flask-compress."""

    def __init__(self, max_bytes: int = MAX_COMPRESSED_BYTES) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(max_bytes, getsizeof=len)
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        """The compressed file, or None."""
        with self._lock:
            return self._kept.get(key)

    def set(self, key: str, value: bytes) -> None:
        """Keep a compressed file, unless it is larger than the whole cache."""
        with self._lock:
            if len(value) <= self._kept.maxsize:
                self._kept[key] = value


def compress(app: Flask, cache: CacheBackend | None = None) -> None:
    """Compress the responses of `app`: pages every time, a static file once for each algorithm, kept in `cache`."""
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIMETYPES=MIMETYPES,
        COMPRESS_MIN_SIZE=MIN_SIZE,
        COMPRESS_ALGORITHM=("zstd", "br", "gzip"),
        COMPRESS_ZSTD_LEVEL=3,
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=4,
        COMPRESS_STREAMS=False,
    )
    pages, files = Compress(app), Compress(app)
    files.cache = cache or FileCache()
    files.cache_key = _file_of

    @app.after_request
    def compressed(response: Response) -> Response:
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            return response
        if len(request.headers.get("Accept-Encoding", "")) > MAX_ACCEPT_ENCODING:
            response.vary.add("Accept-Encoding")
            return response
        if request.endpoint != "static":
            # The name of the algorithm would be added to the version of a book, which clients send back.
            return (
                response
                if request.blueprint == "api" and "ETag" in response.headers
                else pages.after_request(response)
            )
        if response.status_code == HTTPStatus.OK and response.mimetype in MIMETYPES:
            # A file is sent as a stream; read it, so that the compressed bytes can be cached.
            response.direct_passthrough = False
            content = response.get_data()
            response.close()
            response.set_data(content)
        return files.after_request(response)


def _file_of(sent: Request) -> str:
    # Not the path as sent, which has endless spellings: /static/x/../shop.css.
    return safe_join(current_app.static_folder or "", (sent.view_args or {})["filename"]) or ""
