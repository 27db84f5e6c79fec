"""One-time messages on the next page; their texts are in templates/flash.html."""

import textwrap
from typing import Any

from flask import flash as flask_flash
from flask import session

MAX_TITLE_LENGTH = 80
MAX_MESSAGES = 3
"""Messages are in the cookie, and browsers drop a cookie above 4 kB. A client that posts forms and loads no page
must not fill it."""

_FLASHES = "_flashes"  # Flask's own


def flash(key: str, *, title: str = "", **values: Any) -> None:
    """Show the message with this key on the next page; `title` is the book that it is about."""
    short = textwrap.shorten(title, MAX_TITLE_LENGTH, placeholder="…")
    # The cookie holds any JSON; Flask's annotation knows only strings.
    flask_flash({"key": key, "title": short, **values})  # type: ignore[arg-type]
    session[_FLASHES] = session[_FLASHES][-MAX_MESSAGES:]


def has_messages() -> bool:
    """Whether the next page shows messages."""
    return _FLASHES in session
