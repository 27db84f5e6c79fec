"""Fixtures that are made once."""

import pytest

from recommendations.model.ranking.ranker import compile_ahead


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile what every list needs, so that no test takes the compilation for its own time."""
    compile_ahead()
