"""What the search for parameters tries: members that stand for known models, starts, and the steps from there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from recommendations.model.learning.parameters import Parameters

PLAIN = Parameters(
    reader_damping=0.4,
    damping=0.55,
    regularisation=1e4,
    known_boost=0.0,
    candidate_norm=0.0,
    candidate_damping=0.25,
    shrinkage=8.0,
    feature_weight=0.0,
    direction=0.0,
    trend=0.0,
    recency_decay=0.0,
    popularity_weight=0.0,
)
"""The plain item–item model."""

LIKE_BM25 = replace(PLAIN, reader_damping=0.2, damping=0.25, candidate_damping=0.25, shrinkage=1.0)
"""Item–item similarity with as little damping as BM25's; as accurate as that on the data it was compared on."""

BY_ORDER = Parameters()
"""What is read next depends on the order of a reader's books."""

TIMELESS = replace(BY_ORDER, trend=0.0, direction=0.0, recency_decay=0.0)
"""What is read next depends on which books a reader has."""

MEMBERS: Mapping[str, Parameters] = {
    "by order": BY_ORDER,
    "timeless": TIMELESS,
    "plain item–item": PLAIN,
    "like BM25": LIKE_BM25,
}
"""Other models from which the search may begin."""

HALF_LIVES = (2.0, 7.0, 30.0, 90.0, 365.0, 3650.0)
"""The half-lives of popularity that are tried, in days."""

REDUCED: Mapping[str, float] = {"pairs": 100, "neighbours": 50}
"""The size of the models in trials: half a percent less accurate than full size, in a quarter of the time."""

MOST_BOOKS_LARGE = 10_000
LARGE: Mapping[str, float] = {"pairs": 300, "neighbours": 200}
"""The size of the last fit for catalogues of at most MOST_BOOKS_LARGE, for which there is time: 1 to 2 % better."""

Line = Sequence[Mapping[str, float]]
"""The steps of one or more parameters, ascending."""

COORDINATES: Sequence[Line] = (
    [{"recency_decay": value} for value in (0.0, 0.1, 0.2, 0.35, 0.5)],
    [
        {"candidate_norm": norm, "candidate_damping": damping}
        for norm, damping in ((0.0, 0.4), (0.0, 0.25), (0.0, 0.15), (0.3, 0.05), (0.5, 0.0), (0.7, 0.0))
    ],
    [{"trend": value} for value in (0.0, 0.35, 0.7, 1.2, 2.0)],
    [{"direction": value} for value in (0.0, 0.15, 0.3, 0.5)],
    [{"popularity_weight": value} for value in (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)],
    [{"feature_weight": value} for value in (0.0, 0.3, 0.7, 1.4)],
    [{"regularisation": value} for value in (3.0, 10.0, 25.0, 60.0, 150.0, 1e4)],
    [{"reader_damping": value} for value in (0.0, 0.2, 0.4, 0.6, 0.8)],
    [{"damping": value} for value in (0.0, 0.3, 0.5)],
    [{"shrinkage": value} for value in (1.0, 3.0, 8.0, 20.0)],
    [{"known_boost": value} for value in (0.0, 0.1, 0.2)],
    [{"popularity_growth": value} for value in (0.0, 0.5, 1.0)],
)
"""The lines of the coordinate descent and their steps, the most important first."""

OF_TIME: Sequence[Line] = (
    [{"momentum": value} for value in (0.0, 0.5, 1.0, 1.4)],
    [{"half_life_days": value} for value in HALF_LIVES],
)
"""Further lines where times are known; they come first."""


ELSEWHERE: Line = [{"elsewhere_weight": value} for value in (0.0, 0.1, 0.3, 1.0, 3.0)]
"""A further line where the catalogue knows of popularity elsewhere."""

ELSEWHERE_ALONE = 1e6
"""So large a weight that popularity in the shop only decides between equals."""


def popularity(half_life_days: float, *, elsewhere_weight: float = 0.0) -> Parameters:
    """The parameters of popularity alone."""
    return Parameters(neighbours=0, half_life_days=half_life_days, elsewhere_weight=elsewhere_weight)


def by_time(start: Parameters, half_life_days: float) -> Parameters:
    """The start where times are known: what is read lately says more than the order of a reader's books.

    Its prior decides in long histories, whose books point everywhere, and leaves short ones to their books.
    """
    return replace(
        start,
        trend=0.0,
        direction=0.0,
        momentum=1.0,
        popularity_weight=0.3,
        popularity_growth=0.5,
        half_life_days=half_life_days,
    )


def reduced(parameters: Parameters) -> Parameters:
    """The parameters with the size of trials."""
    return changed(parameters, REDUCED) if parameters.neighbours else parameters


def full_size(parameters: Parameters, books: int) -> Parameters:
    """The parameters with the size of the last fit for a catalogue of this many books."""
    if not parameters.neighbours:
        return parameters
    if books <= MOST_BOOKS_LARGE:
        return changed(parameters, LARGE)
    return replace(parameters, pairs=Parameters.pairs, neighbours=Parameters.neighbours)


def refit_trials(books: int) -> float:
    """How many times as long the last fit, on the whole history, takes as a trial on one hold-out."""
    return 12.0 if books <= MOST_BOOKS_LARGE else 4.0


def changed(parameters: Parameters, changes: Mapping[str, float]) -> Parameters:
    """The parameters with some of them changed."""
    return replace(parameters, **changes)  # type: ignore[arg-type]
