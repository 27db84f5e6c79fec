"""Addresses of pictures."""

import re
from urllib.parse import urlsplit

from bookfiles.errors import Unreadable
from bookfiles.values.text import stated, unlisted

_SEPARATORS = re.compile(r"\|\s*|[;,]\s+|\n+|[;,\s]+(?=https?:|//)")


def picture(field: str) -> str:
    """The first address of http or https in a field; empty if the field is."""
    value = unlisted(stated(field))
    for part in filter(None, _SEPARATORS.split(value)):
        address = f"https:{part}" if part.startswith("//") else part
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.netloc:
            return address.strip().replace(" ", "%20")
    if value:
        raise Unreadable(f"{value[:40]!r} is not an http or https address")
    return ""
