"""What the next page says once; the words stand in templates/said.html."""

import textwrap

from flask import flash, session

LONGEST_TITLE = 80
MOST = 3
"""The cookie that carries it is small, and browsers drop one of more than 4 kB: the deeds of a reader whose browser
loads none of the pages between them must not fill it."""

_FLASHES = "_flashes"  # Flask's own


def say(said: str, *, title: str = "", **more: str | int) -> None:
    """Have the next page say this, about the book of that title where there is one."""
    short = textwrap.shorten(title, LONGEST_TITLE, placeholder="…")
    # Flask's cookie carries whatever is JSON; its annotation knows texts only.
    flash({"said": said, "title": short, **more})  # type: ignore[arg-type]
    session[_FLASHES] = session[_FLASHES][-MOST:]
