"""What takes long only once."""

import numpy as np
import pytest

from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking import Ranker
from recommendations.model.variety import Authors


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile what every list needs, so that no test takes the compilation for its own time."""
    nothing = np.empty(0, dtype=np.int32)
    no_lines = np.zeros(1, dtype=np.int64)
    no_authors = Authors(nothing, no_lines, nothing)
    Ranker(Neighbours(no_lines, nothing, nothing.astype(np.float32)), nothing, 0, no_authors)
