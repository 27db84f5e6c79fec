"""What takes long only once."""

import numpy as np
import pytest

from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking import Ranker


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile what every list needs, so that no test takes the compilation for its own time."""
    nothing = np.empty(0, dtype=np.int32)
    Ranker(Neighbours(np.zeros(1, dtype=np.int64), nothing, nothing.astype(np.float32)), nothing, 0)
