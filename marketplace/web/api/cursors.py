"""Cursors of lists: where the next page begins, as a text that clients do not read."""

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime

from marketplace.domain.ids import MAX_ID
from marketplace.domain.orders import is_order_id
from marketplace.web.api.problems import Problem


def cursor_of_book(book_id: int) -> str:
    return _written(str(book_id))


def book_before(cursor: str) -> int:
    """The id of the last book of the page before, 0 for the first page. Raises Problem."""
    text = _read(cursor) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) and int(text) <= MAX_ID):
        raise _malformed()
    return int(text)


def cursor_of_order(placed_at: datetime, order_id: str) -> str:
    return _written(f"{placed_at.isoformat()} {order_id}")


def order_before(cursor: str) -> tuple[datetime, str] | None:
    """When the last order of the page before was placed, and its id; None for the first page. Raises Problem."""
    if not cursor:
        return None
    written, _, order_id = _read(cursor).partition(" ")
    try:
        placed_at = datetime.fromisoformat(written)
    except ValueError:
        raise _malformed() from None
    if placed_at.utcoffset() is None or placed_at.utcoffset() or not is_order_id(order_id):
        raise _malformed()
    return placed_at, order_id


def _written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        return b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise _malformed() from None


def _malformed() -> Problem:
    fault = {"where": "query", "name": "cursor", "detail": "This is no cursor of this list."}
    return Problem("invalid-request", errors=[fault])
