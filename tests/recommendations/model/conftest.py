"""Fixtures shared by the tests of models."""

import pytest

from recommendations.model.ranking.ranker import compile_ahead


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile the ranking once, so that it does not count in the time of a test."""
    compile_ahead()
