"""Look-ups of names within a deadline."""

import socket
from threading import Event

import pytest

from previews.domain import HostNotPublic, SiteTooSlow, SiteUnavailable
from previews.fetching.resolving import MAX_THREADS, Address, Resolver
from servicekit.deadline import deadline


def failing(error: Exception) -> Resolver:
    def look_up(_host: str, _port: int) -> list[Address]:
        raise error

    return Resolver(look_up)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), HostNotPublic),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), SiteUnavailable),
        (UnicodeError("label empty or too long"), HostNotPublic),
    ],
)
def test_errors_of_look_ups(error: Exception, expected: type[Exception]) -> None:
    """An unknown name is like one with a private address; a name server that fails may answer later."""
    with pytest.raises(expected):
        failing(error).addresses("example.com", 80)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example"])
def test_malformed_names(host: str) -> None:
    """The system's own look-up refuses them in its own way."""
    with pytest.raises(HostNotPublic):
        Resolver().addresses(host, 80)


def test_a_look_up_that_hangs_is_left() -> None:
    """The caller gets an error at its deadline, and even when all threads hang so do later callers."""
    released = Event()

    def look_up(_host: str, _port: int) -> list[Address]:
        released.wait()
        return []

    resolver = Resolver(look_up)
    for _ in range(MAX_THREADS + 1):
        with deadline(0.01), pytest.raises(SiteTooSlow):
            resolver.addresses("example.com", 80)
    released.set()
    assert not list(resolver.addresses("example.com", 80))
