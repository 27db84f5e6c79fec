"""A running live."""

from collections.abc import Iterator

import pytest

from tests.live.running import Running, running


@pytest.fixture
def live() -> Iterator[Running]:
    """Live with its usual limits."""
    with running() as started:
        yield started
