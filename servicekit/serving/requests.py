"""Requests as they arrive, with bounded bodies."""

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest, ServerNotImplemented

from servicekit.serving.limits import BodyLimit

_CHUNK_LINE_BYTES = 1024
_TRAILER_BYTES = 8 * 1024


class BoundedRequest(HTTPRequestParser):
    """A request that keeps nothing of a body that is too large.

    It goes to the application at once, without its body but with its length, so that the application refuses it with
    a page of its own.
    """

    path: str

    def __init__(self, adj: Adjustments, limit: BodyLimit) -> None:
        super().__init__(adj)
        self._limit = limit
        self.is_refused = False

    def received(self, data: bytes) -> int:
        """Returns how many bytes belong to this request; after a refusal, all of them do."""
        consumed = super().received(data)
        if isinstance(self.error, ServerNotImplemented):
            # An unknown transfer coding. Only the server's own faults are 5xx, so that operators can count them.
            self.error = BadRequest(self.error.body)
        body = self.body_rcv
        if body is None or self.error is not None:
            return consumed
        # The lines between chunks count too: they could be most of a body.
        size = max(self.content_length, self.body_bytes_received)
        if size > self._limit(self.path):
            self._refuse(size)
            return len(data)
        # waitress searches an unfinished line again with each part that arrives.
        if isinstance(body, ChunkedReceiver) and (
            len(body.control_line) > _CHUNK_LINE_BYTES or len(body.trailer) > _TRAILER_BYTES
        ):
            self.error = BadRequest("Chunk line or trailer too long")
            self.completed = True
        return consumed

    def _refuse(self, size: int) -> None:
        self.close()
        self.body_rcv = None
        self.expect_continue = False
        self.headers = {**self.headers, "CONTENT_LENGTH": str(size), "CONNECTION": "close"}
        self.is_refused = self.completed = True
