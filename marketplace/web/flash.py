"""One-time messages on the next page; their words are in templates/flash.html."""

import textwrap
from typing import Any

from flask import flash as flask_flash
from flask import session

LONGEST_TITLE = 80
MOST = 3
"""Messages are in the cookie, and browsers drop a cookie above 4 kB: a client that posts forms and loads no page
must not fill it."""

_FLASHES = "_flashes"  # Flask's own


def flash(key: str, *, title: str = "", **values: Any) -> None:
    """Show the message of this key on the next page, about the book of that title if there is one."""
    short = textwrap.shorten(title, LONGEST_TITLE, placeholder="…")
    # The cookie holds any JSON; Flask's annotation knows only strings.
    flask_flash({"key": key, "title": short, **values})  # type: ignore[arg-type]
    session[_FLASHES] = session[_FLASHES][-MOST:]
