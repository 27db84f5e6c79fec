"""Compressed responses."""

from http import HTTPStatus

from flask import Flask, Response, request
from flask_compress import Compress, DictCache

MIMETYPES = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")
MIN_SIZE = 500


def compress(app: Flask) -> None:
    """Compress the responses of `app`: pages every time, a static file once for each algorithm."""
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
    files.cache = DictCache()
    files.cache_key = lambda request: str(request.path)

    @app.after_request
    def compressed(response: Response) -> Response:
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            return response
        if request.endpoint != "static":
            return pages.after_request(response)
        if response.status_code == HTTPStatus.OK and response.mimetype in MIMETYPES:
            # A file is sent as a stream; read it, so that the compressed bytes can be cached.
            response.direct_passthrough = False
            content = response.get_data()
            response.close()
            response.set_data(content)
        return files.after_request(response)
