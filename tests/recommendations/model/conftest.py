"""Fixtures made once."""

import pytest

from recommendations.model.ranking.ranker import compile_ahead


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile the ranking once, so that it counts as no test's own time."""
    compile_ahead()
