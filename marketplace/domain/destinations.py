"""The destinations of published events: addresses that the settings name, or that moderators add."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from events.types import PUBLIC_TYPES
from marketplace.domain.events import Destination

MAX_DESTINATIONS = 20
MAX_URL_LENGTH = 2_000
_HTTP, _AMQP = ("http", "https"), ("amqp", "amqps")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDestination:
    """Receives public events; `types` are those that it has chosen, none for all.

    Its URL may have a password, and the secret signs what is sent to it: neither is logged or shown.
    """

    number: int
    url: str = field(repr=False)
    secret: str = field(repr=False)
    types: tuple[str, ...] = ()
    is_enabled: bool = True
    is_from_settings: bool = False
    created_at: datetime

    @property
    def destination(self) -> Destination:
        return destination_of_number(self.number)

    @property
    def address(self) -> str:
        """The URL without user and password."""
        return address_of(self.url)

    @property
    def is_broker(self) -> bool:
        """Whether it is RabbitMQ, whose messages are not signed."""
        return is_broker(self.url)

    def receives(self, kind: str) -> bool:
        """Whether events of this type are sent to it; private ones never are."""
        return self.is_enabled and kind in PUBLIC_TYPES and (not self.types or kind in self.types)


def destination_of_number(number: int) -> Destination:
    return Destination(f"events-{number}")


def is_broker(url: str) -> bool:
    return urlsplit(url).scheme in _AMQP


def address_of(url: str) -> str:
    """A URL without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def parse_destination_url(text: str) -> str:
    """The URL that events are sent to. Raises ValueError."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        is_plain = parts.scheme in {*_HTTP, *_AMQP} and parts.hostname and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        is_plain = False
    if not is_plain or not (text.isascii() and text.isprintable()) or " " in text or len(text) > MAX_URL_LENGTH:
        raise ValueError("write http://, https://, amqp:// or amqps:// and a host")
    if parts.query or parts.fragment:
        raise ValueError("write an address without query and fragment")
    if parts.scheme in _HTTP and parts.username is not None:
        raise ValueError("write an http address without user and password: what is sent there is signed")
    return text


def parse_destination_urls(text: str) -> Sequence[str]:
    """The URLs in a list separated by commas, each address once. Raises ValueError."""
    urls = {address_of(url): url for url in (parse_destination_url(part) for part in text.split(",") if part.strip())}
    if len(urls) > MAX_DESTINATIONS:
        raise ValueError(f"write at most {MAX_DESTINATIONS} addresses")
    return tuple(urls.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event that a destination has accepted, or that has failed for good with this `error`.

    `payload` is None where the event is not kept: it was about a deleted reader.
    """

    entry_id: int
    event_id: str
    type: str
    at: datetime
    attempts: int
    error: str | None
    outbox_id: int
    payload: object = field(repr=False)
