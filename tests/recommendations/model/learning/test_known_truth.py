"""The search finds how much readers follow what is popular lately, in histories of which that is known."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from recommendations.model.learning.holdout import HoldOut, hold_outs
from recommendations.model.learning.local_ease import TrainingData, fit
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import COORDINATES, HALF_LIVES
from recommendations.model.learning.tuning import search
from recommendations.model.learning.validation import Validator
from tests.recommendations.model.learning import dense

pytestmark = [pytest.mark.long, pytest.mark.slow]

GROUPS, EACH, OTHERS = 20, 12, 300
"""Groups of readers, the books that each has to itself, and the books that all may read."""
DAYS, HALF_LIFE_DAYS = 900.0, 90.0
BEFORE, AFTER = 9, 2
"""How many books a reader reads until the end of the history, and in the fifth that follows."""
READERS, FRESH = 3_000, 4_000

WEIGHTS = [0.0, *np.geomspace(0.03, 100, 15)]
HALF_LIVES_TRIED = np.geomspace(1, 3650, 13).tolist()


@dataclass(frozen=True)
class World:
    """The history of some readers, and what fresh ones, of whom the model knows nothing, read before and after."""

    data: TrainingData
    fresh: Validator

    def accuracy(self, parameters: Parameters) -> float:
        """Recall plus NDCG of the fresh readers' lists at the end of the history."""
        popularity = self.data.recent_likes(parameters.half_life_days)
        scores = self.fresh.score(fit(self.data, parameters), popularity)
        return float(scores.recall.mean() + scores.ndcg.mean())


def world(taste: float, seed: int) -> World:
    """A reader's next book is of their group with the probability `taste`, otherwise one that is popular.

    Books become popular at random moments, some more than others, and half as popular with every HALF_LIFE_DAYS.
    """
    rng = np.random.default_rng(seed)
    readers = READERS + FRESH
    begins, size = rng.uniform(-DAYS / 2, 1.25 * DAYS, OTHERS), rng.lognormal(size=OTHERS)
    days = np.sort(rng.uniform(0, DAYS, (readers, BEFORE)), axis=1)
    days = np.hstack([days, rng.uniform(DAYS, 1.25 * DAYS, (readers, AFTER))])
    histories: list[list[int]] = []
    for group, moments in zip(rng.integers(GROUPS, size=readers).tolist(), days, strict=True):
        ages = moments[:, np.newaxis] - begins
        popular = np.cumsum(np.where(ages >= 0, size * np.exp2(-ages / HALF_LIFE_DAYS), 0), axis=1)
        history: list[int] = []
        for place in range(BEFORE + AFTER):
            book = -1
            while book < 0 or book in history:
                if rng.random() < taste:
                    book = group * EACH + int(rng.integers(EACH))
                else:
                    among = popular[place]
                    book = GROUPS * EACH + int(np.searchsorted(among, rng.random() * among[-1], side="right"))
            history.append(book)
        histories.append(history)
    books = GROUPS * EACH + OTHERS
    data = dense.training_data(
        [history[:BEFORE] for history in histories[:READERS]],
        books=books,
        days=(DAYS - days[:READERS, :BEFORE]).tolist(),
    )
    known, wanted = (
        dense.matrix([history[part] for history in histories[READERS:]], books)
        for part in (slice(BEFORE), slice(BEFORE, None))
    )
    return World(data, Validator(HoldOut(known, wanted, "time", np.zeros(known.nnz), dense.NOW), 0))


@cache
def found_in(taste: float, seed: int) -> tuple[World, Parameters]:
    """A world, and the parameters that a search without a time limit finds in it."""
    that = world(taste, seed)
    splits = hold_outs(that.data.liked, that.data.times, that.data.reference, 7)
    found = search(that.data, splits, start=Parameters(), deadline=1e9)
    assert found.hold_outs == ("time",)
    return that, found.chosen.parameters


def around(steps: list[float], value: float) -> tuple[float, float]:
    """The steps before and after this one."""
    place = min(range(len(steps)), key=lambda i: abs(steps[i] - value))
    return steps[max(place - 1, 0)], steps[min(place + 1, len(steps) - 1)]


def steps_of(name: str) -> list[float]:
    """The steps of a parameter in the search."""
    (line,) = [line for line in COORDINATES if name in line[0]]
    return [step[name] for step in line]


SEEDS = pytest.mark.parametrize("seed", [0, 1])


@SEEDS
def test_the_weight_of_popularity_is_near_the_best(seed: int) -> None:
    """For fresh readers of the same world, the best weight of all is within one step of the one found."""
    that, found = found_in(0.4, seed)
    accuracy = [that.accuracy(replace(found, popularity_weight=weight)) for weight in WEIGHTS]
    least, most = around(steps_of("popularity_weight"), found.popularity_weight)
    assert least <= WEIGHTS[int(np.argmax(accuracy))] <= most
    assert that.accuracy(found) > 0.95 * max(accuracy)


@SEEDS
def test_the_half_life_is_near_the_best(seed: int) -> None:
    """For fresh readers of the same world, the best half-life of all is within one step of the one found."""
    that, found = found_in(0.4, seed)
    accuracy = [that.accuracy(replace(found, half_life_days=days)) for days in HALF_LIVES_TRIED]
    least, most = around([*HALF_LIVES], found.half_life_days)
    assert least <= HALF_LIVES_TRIED[int(np.argmax(accuracy))] <= most
    assert that.accuracy(found) > 0.95 * max(accuracy)
    # All likes ever say much less about what is read next.
    assert accuracy[-1] < 0.9 * that.accuracy(found)


@SEEDS
def test_without_popularity_fresh_readers_get_worse_lists(seed: int) -> None:
    """The tests above fail for a model that ignores what is popular; one that knows nothing else is worse still."""
    that, found = found_in(0.4, seed)
    without = replace(found, popularity_weight=0.0, momentum=0.0)
    assert that.accuracy(without) < 0.9 * that.accuracy(found)
    assert that.accuracy(replace(found, neighbours=0)) < 0.6 * that.accuracy(found)


def test_where_taste_decides_popularity_does_no_harm() -> None:
    """If nine of ten books are of the reader's group, no weight of popularity is better by more than two percent."""
    that, found = found_in(0.9, 0)
    assert that.accuracy(found) > 0.98 * max(
        that.accuracy(replace(found, popularity_weight=weight)) for weight in WEIGHTS
    )
    assert that.accuracy(replace(found, popularity_weight=100.0)) < 0.3 * that.accuracy(found)
