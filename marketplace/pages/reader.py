"""Who is asking: the reader that the signed cookie names."""

from flask import session

from marketplace.domain import GREATEST_ID, NOBODY

_KEY = "reader_id"


def current_reader() -> int:
    """The reader's id, or NOBODY without a cookie and where it was tampered with."""
    reader_id = session.get(_KEY)
    return reader_id if isinstance(reader_id, int) and 0 < reader_id <= GREATEST_ID else NOBODY


def remember_reader(reader_id: int) -> None:
    """Set the cookie, for a year."""
    session.permanent = True
    session[_KEY] = reader_id
