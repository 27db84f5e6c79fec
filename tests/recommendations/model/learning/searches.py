"""Searches without a time limit, and what tests look at in them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recommendations.model.learning.holdout import HoldOut, hold_outs
from recommendations.model.learning.local_ease import TrainingData
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import (
    HALF_LIVES,
)
from recommendations.model.learning.trials import Trial, Tuner
from recommendations.model.learning.tuning import Search, search
from tests.recommendations.model.learning import dense

ENDLESS = 1e6


SOME = replace(Parameters(), half_life_days=5.0)


def splits_of(data: TrainingData) -> list[HoldOut]:
    return hold_outs(data.liked, data.times, data.reference, 1)


def searched(
    data: TrainingData,
    *,
    start: Parameters = SOME,
    half_lives: Sequence[float] = HALF_LIVES,
    deadline: float = ENDLESS,
) -> Search:
    """A search without a time limit."""
    return search(data, splits_of(data), start=start, half_lives=half_lives, deadline=deadline, clock=lambda: 0.0)


def in_order(readers: dense.Rows, books: int, *, dated: bool = True) -> TrainingData:
    """Data in which readers read at random times within a year, each their books in order."""
    rng = np.random.default_rng(3)
    days = [np.sort(rng.uniform(0, 365, len(history)))[::-1].tolist() for history in readers] if dated else None
    return dense.training_data(readers, books=books, days=days)


def tried(data: TrainingData, parameters: Parameters) -> Trial:
    """The trial of one model."""
    return Tuner(data, splits_of(data), deadline=ENDLESS, clock=lambda: 0.0).attempt("", parameters).trial


def orderless(parameters: Parameters) -> Parameters:
    """The parameters without what depends on the reading order."""
    return replace(parameters, direction=0.0, recency_decay=0.0, trend=0.0)


def by_name(found: Search) -> dict[str, Trial]:
    """The trials by name."""
    return {trial.name: trial for trial in found.trials}


def is_popularity(trial: Trial) -> bool:
    return trial.parameters.neighbours == 0
