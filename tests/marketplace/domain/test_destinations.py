"""Addresses of destinations, and which types they receive."""

import pytest

from events.types import PUBLIC_TYPES, TYPES
from marketplace.domain.destinations import EventDestination, parse_destination_url, parse_destination_urls
from tests.marketplace.fakes import NOON

SECRET_URL = "amqps://shop:s3cret@broker.example:5671/books"


def destination(*types: str, url: str = SECRET_URL, is_enabled: bool = True) -> EventDestination:
    return EventDestination(
        number=3, url=url, secret="whsec_s3cret", types=types, is_enabled=is_enabled, created_at=NOON
    )


def test_user_password_and_secret_are_not_shown() -> None:
    """Neither in its address nor where the object is printed."""
    stored = destination()
    assert stored.address == "amqps://broker.example:5671/books"
    assert "s3cret" not in repr(stored)
    assert (stored.destination.value, stored.is_broker) == ("events-3", True)


def test_no_choice_of_types_receives_a_private_one() -> None:
    """Not even one that names it; no choice is all public ones."""
    private = set(TYPES) - set(PUBLIC_TYPES)
    assert private
    for stored in (destination(), destination(*TYPES), destination(*private)):
        assert not any(map(stored.receives, private))
    assert all(map(destination().receives, PUBLIC_TYPES))
    assert [kind for kind in TYPES if destination(PUBLIC_TYPES[0]).receives(kind)] == [PUBLIC_TYPES[0]]
    assert not destination(is_enabled=False).receives(PUBLIC_TYPES[0])


@pytest.mark.parametrize("url", ["http://a", "https://a.example:8443/path", "http://[::1]:5003/events", SECRET_URL])
def test_addresses_are_accepted(url: str) -> None:
    """Of both transports, with a port and a path; around them are spaces."""
    assert parse_destination_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "a",
            "ftp://a",
            "http://",
            "http://a:0",
            "http://a:x",
            "http://[a",
            "http://a b",
            "http://ä",
            "http://a\n/b",
        ),
        *("http://a?q=1", "http://a#b", "http://user:s3cret@a", "amqp://a?heartbeat=1", f"http://a/{'a' * 2000}"),
    ],
)
def test_malformed_addresses_are_refused(url: str) -> None:
    """The message does not repeat them, since they may have a password."""
    with pytest.raises(ValueError, match=r"^write ") as raised:
        parse_destination_url(url)
    assert "s3cret" not in str(raised.value)


def test_a_list_has_each_address_once() -> None:
    """Two passwords are one address; there may be 20."""
    urls = parse_destination_urls("http://a, amqp://u:1@b,,amqp://u:2@b")
    assert list(urls) == ["http://a", "amqp://u:2@b"]
    assert parse_destination_urls("") == ()
    with pytest.raises(ValueError, match="at most 20"):
        parse_destination_urls(",".join(f"http://a{number}" for number in range(21)))
