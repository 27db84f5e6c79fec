"""The descents of the search: from every member, the best first, while steps are better."""

from collections.abc import Callable

import numpy as np
import pytest

from recommendations.model.learning import tuning
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import (
    COORDINATES,
    PLAIN,
    reduced,
)
from recommendations.model.learning.trials import Scored, Trial, Tuner
from tests.recommendations.model.learning import dense
from tests.recommendations.model.learning.searches import SOME, in_order, searched


class Landscape(Tuner):
    """A tuner whose scores are a given function of the parameters, with time for a number of trials."""

    score: Callable[[Parameters], float]
    most = 10_000

    @property
    def in_time(self) -> bool:
        """Whether some trials are left."""
        return len(self._scored) < self.most

    def attempt(self, name: str, parameters: Parameters) -> Scored:
        score = 0.0 if parameters.neighbours == 0 else self.score(parameters)
        trial = Trial(name, parameters, score, 0.0, 0.0)
        return self._scored.setdefault(parameters, Scored(trial, [np.full(9, score)]))


def searched_in(
    monkeypatch: pytest.MonkeyPatch, plain: Callable[[Parameters], float], *, most: int = 10_000
) -> Parameters:
    """The parameters found where all models score 2, except those from which no step leads there or from there."""

    def score(parameters: Parameters) -> float:
        far = parameters.regularisation > 9_000
        return plain(parameters) if far else 2.0 - (parameters.regularisation > 50)

    monkeypatch.setattr(tuning, "Tuner", type("Scripted", (Landscape,), {"score": staticmethod(score), "most": most}))
    return searched(in_order(dense.two_circles(), 20, dated=False)).chosen.parameters


def test_the_descent_begins_from_every_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the descent from a member that seems worse ends better it is chosen, otherwise it is not."""
    most = max(step["recency_decay"] for line in COORDINATES for step in line if "recency_decay" in step)
    better = searched_in(monkeypatch, lambda parameters: 1 + 4 * parameters.recency_decay)
    assert (better.regularisation, better.recency_decay) == (PLAIN.regularisation, most)
    worse = searched_in(monkeypatch, lambda parameters: 1 + parameters.recency_decay)
    assert worse == reduced(SOME)


def test_the_descent_begins_from_the_best_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """If there is time for only one, it is from the most promising one."""
    found = searched_in(monkeypatch, lambda parameters: 3 + parameters.recency_decay, most=15)
    assert found.regularisation == PLAIN.regularisation
    assert found.recency_decay > 0
