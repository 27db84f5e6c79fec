"""Sites for tests."""

from collections.abc import Iterator

import pytest

from tests.http_server import HttpServer


@pytest.fixture
def site() -> Iterator[HttpServer]:
    """A site that tests may let the service fetch from."""
    with HttpServer() as server:
        yield server


@pytest.fixture
def secret() -> Iterator[HttpServer]:
    """A server on loopback that the service must never reach, as the rules of no test allow it."""
    with HttpServer() as server:
        yield server
        assert server.requests == []
