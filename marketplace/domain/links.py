"""Links in texts, and what they lead to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from urllib.parse import urlsplit

MAX_URL_LENGTH = 2_048

KEEP = timedelta(days=1)
"""How long a preview is fresh, and how long one to which nothing refers is kept."""
KEEP_FAILURES = timedelta(minutes=5)
WAITS = (timedelta(minutes=1), timedelta(minutes=6))
"""How long to wait before each further try after a failure that may pass; Previews keeps those of sites for five."""

PICTURES = "/pictures/"
"""Where the shop serves pictures: a path and a picture's id, which a book may have as its cover."""
PICTURE_TYPE = "image/jpeg"
"""The only type of picture that the shop takes from Previews and serves."""
MAX_PICTURE_BYTES = 200_000

# Without what people put around a link, and without invisible signs, which could make it look like another.
_URL = re.compile(
    r"(?<![a-z0-9])https?://[^\s<>\"“”„«»`\\^{|}\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+",
    re.IGNORECASE,
)
_CLOSING = {")": "(", "]": "["}
_TRAILING = ".,;:!?'…‘’*_~、。，！？；：）」』】"  # noqa: RUF001  (Chinese and Japanese marks too)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class LinkState(Enum):
    """What became of the last request for a preview; the value is stored in the database."""

    ASKED = "asked"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG file, with its size in pixels."""

    content: bytes
    width: int
    height: int

    @property
    def id(self) -> str:
        """The SHA-256 of the file."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a page says about itself, as a stranger wrote it; `image` is the URL of its picture, or ""."""

    title: str = ""
    description: str = ""
    site: str = ""
    authors: tuple[str, ...] = ()
    isbn: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is shown of the page that a link leads to; `picture_id` is None if it has no picture."""

    url: str
    title: str
    description: str
    site: str
    picture_id: str | None = None
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link whose preview was asked for.

    `error` is the status code of the last try, "" if it did not fail; `attempts` counts the tries that failed since
    the last request. `preview` and `picture_id` are of the last try that succeeded, whatever the state.
    """

    url: str
    state: LinkState = LinkState.ASKED
    error: str = ""
    attempts: int = 0
    asked_at: datetime
    preview: Preview | None = None
    picture_id: str | None = None

    @property
    def id(self) -> str:
        return link_id(self.url)

    def is_fresh(self, now: datetime) -> bool:
        """Whether the last request is recent enough for its result to be used."""
        return now - self.asked_at < (KEEP_FAILURES if self.error else KEEP)


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a text: a link if it has a URL."""

    text: str
    url: str = ""


def link_id(url: str) -> str:
    """The id of a link, which is as long for every URL."""
    return sha256(url.encode()).hexdigest()


def parse_link(text: str) -> str | None:
    """The URL that a text is; None if it is not one of http or https with a host, or has a user name or password."""
    url = text.strip()
    found = _URL.fullmatch(url)
    return url if found and len(url) <= MAX_URL_LENGTH and _has_plain_host(url) else None


def text_parts(text: str) -> list[TextPart]:
    """The parts of a text, links and what is between them; together they are the text."""
    parts = []
    end = 0
    for start, url in _links(text):
        if start > end:
            parts.append(TextPart(text[end:start]))
        parts.append(TextPart(url, url))
        end = start + len(url)
    if end < len(text):
        parts.append(TextPart(text[end:]))
    return parts


def first_link(text: str) -> str | None:
    """The URL of the first link in a text."""
    return next((url for _, url in _links(text)), None)


def picture_path(picture_id: str) -> str:
    """Where the shop serves a picture."""
    return PICTURES + picture_id


def is_picture_path(text: str) -> bool:
    return text.startswith(PICTURES) and is_id(text[len(PICTURES) :])


def is_id(text: str) -> bool:
    """Whether a text may be the id of a link or a picture."""
    return _SHA256.fullmatch(text) is not None


def _links(text: str) -> Iterator[tuple[int, str]]:
    for match in _URL.finditer(text):
        url = _without_end(match[0])
        if parse_link(url):
            yield match.start(), url


def _without_end(url: str) -> str:
    """The URL without the marks after it, and without a closing bracket that was opened before it."""
    # Counted once: a URL of thousands of brackets must not take quadratic time.
    surplus = {close: url.count(close) - url.count(opening) for close, opening in _CLOSING.items()}
    end = len(url)
    while end:
        last = url[end - 1]
        if last in surplus and surplus[last] > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]


def _has_plain_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        return False
