"""What takes long only once."""

import pytest

from recommendations.model.ranking.ranking import compile_ahead


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile what every list needs, so that no test takes the compilation for its own time."""
    compile_ahead()
