"""The search for the parameters that best predict what this shop's readers read next."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.local_ease import (
    Pairs,
    Parameters,
    Regressions,
    TrainingData,
    fit,
    neighbours_of,
    pairs_of,
    regressions_of,
)
from recommendations.model.learning.validation import Scores, Validator
from recommendations.model.neighbours import Neighbours

T = TypeVar("T")

SEED = 7

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
)
"""The plain item–item model, a baseline."""

REDUCED: Mapping[str, float] = {"pairs": 100, "neighbours": 50}
"""The size of the models in trials: half a percent less accurate than full size, in a quarter of the time."""

COORDINATES: Sequence[Sequence[Mapping[str, float]]] = (
    [{"recency_decay": value} for value in (0.0, 0.1, 0.2, 0.35, 0.5)],
    [
        {"candidate_norm": norm, "candidate_damping": damping}
        for norm, damping in ((0.0, 0.4), (0.0, 0.25), (0.0, 0.15), (0.3, 0.05), (0.5, 0.0), (0.7, 0.0))
    ],
    [{"trend": value} for value in (0.0, 0.35, 0.7, 1.2, 2.0)],
    [{"direction": value} for value in (0.0, 0.15, 0.3, 0.5)],
    [{"feature_weight": value} for value in (0.0, 0.3, 0.7, 1.4)],
    [{"regularisation": value} for value in (3.0, 10.0, 25.0, 60.0, 150.0, 1e4)],
    [{"reader_damping": value} for value in (0.0, 0.2, 0.4, 0.6, 0.8)],
    [{"damping": value} for value in (0.0, 0.3, 0.5)],
    [{"shrinkage": value} for value in (1.0, 3.0, 8.0, 20.0)],
    [{"known_boost": value} for value in (0.0, 0.1, 0.2)],
)
"""The lines of the coordinate descent and their steps, the most important first."""

REFIT = 4.0
"""How many times as long the last fit, of full size and on the whole history, takes as a trial on one hold-out."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """One model that was tried, and its metrics averaged over the hold-outs; popularity has no parameters."""

    name: str
    parameters: Parameters | None
    recall: float
    ndcg: float
    seconds: float


@dataclass(frozen=True)
class Search:
    """The trials in order, the best one, the kinds of hold-outs and the number of readers evaluated."""

    trials: tuple[Trial, ...]
    chosen: Trial
    hold_outs: tuple[str, ...]
    readers: int


@dataclass(frozen=True)
class Scored:
    """A trial, and Recall plus NDCG of each evaluated reader by hold-out."""

    trial: Trial
    scores: Sequence[Floats]

    def is_better_than(self, other: "Scored") -> bool:
        """Whether its mean score is higher by more than one standard error over the readers."""
        gains = [mine - theirs for mine, theirs in zip(self.scores, other.scores, strict=True) if len(mine)]
        error = sum(float(gain.var()) / len(gain) for gain in gains) ** 0.5
        return bool(sum(float(gain.mean()) for gain in gains) > error)


class Tuner:
    """Tries models on hold-outs until the deadline, minus the time that the last fit will take."""

    def __init__(
        self, data: TrainingData, hold_outs: Sequence[HoldOut], *, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._validators = [Validator(hold_out, SEED) for hold_out in hold_outs]
        self._fits = [CachedFit(TrainingData(hold_out.training, data.features)) for hold_out in hold_outs]
        self._deadline = deadline
        self._clock = clock
        self._scored: dict[Parameters, Scored] = {}
        self.trials: list[Trial] = []

    @property
    def readers(self) -> int:
        """The number of readers evaluated."""
        return sum(len(validator.readers) for validator in self._validators)

    @property
    def in_time(self) -> bool:
        """Whether there is time for another trial."""
        slowest = max((trial.seconds for trial in self.trials), default=0.0)
        return self._clock() + slowest + REFIT * slowest / len(self._validators) < self._deadline

    def popularity(self) -> Scored:
        """Try recommending the most popular books to everyone."""
        started = self._clock()
        scores = [validator.score_popularity() for validator in self._validators]
        return self._record("popularity", None, scores, started)

    def neighbours(self, name: str, parameters: Parameters) -> Scored:
        """Try the neighbours that these parameters give."""
        started = self._clock()
        pairs = zip(self._validators, self._fits, strict=True)
        scores = [validator.score_neighbours(fit.neighbours(parameters)) for validator, fit in pairs]
        return self._record(name, parameters, scores, started)

    def search_line(self, line: Sequence[Mapping[str, float]], best: Scored) -> Scored:
        """Search along one line, step by step from `best`, first up, then down, while each step is better.

        Returns the best trial. Raises ValueError if `best` is popularity, which has no parameters.
        """
        parameters = best.trial.parameters
        if parameters is None:
            raise ValueError("popularity has no parameters to search")
        current = asdict(parameters)
        start = min(
            range(len(line)), key=lambda i: sum(abs(value - current[name]) for name, value in line[i].items())
        )
        for steps in (line[start + 1 :], line[:start][::-1]):
            champion = best
            for step in steps:
                if not self.in_time:
                    return champion
                changed = _with(parameters, step)
                name = ", ".join(f"{name} {value:g}" for name, value in step.items())
                challenger = self._scored.get(changed) or self.neighbours(name, changed)
                if not challenger.is_better_than(champion):
                    break
                champion = challenger
            if champion is not best:
                return champion
        return best

    def _record(self, name: str, parameters: Parameters | None, scores: Sequence[Scores], started: float) -> Scored:
        recall = _mean([score.recall for score in scores])
        ndcg = _mean([score.ndcg for score in scores])
        trial = Trial(name, parameters, recall, ndcg, self._clock() - started)
        self.trials.append(trial)
        scored = Scored(trial, [score.recall + score.ndcg for score in scores])
        if parameters is not None:
            self._scored[parameters] = scored
        return scored


class CachedFit:
    """Fits models to one training part, and reuses those stages of the last fit whose parameters stayed the same."""

    def __init__(self, data: TrainingData) -> None:
        self._data = data
        self._pairs: _LastResult[Pairs] = _LastResult()
        self._regressions: _LastResult[Regressions] = _LastResult()

    def neighbours(self, parameters: Parameters) -> Neighbours:
        """The same as `fit`."""
        of_pairs = (parameters.reader_damping, parameters.shrinkage, parameters.feature_weight, parameters.pairs)
        of_weights = (parameters.damping, parameters.regularisation, parameters.direction, parameters.neighbours)
        pairs = self._pairs.get(of_pairs, lambda: pairs_of(self._data, parameters))
        regressions = self._regressions.get(of_pairs + of_weights, lambda: regressions_of(pairs, parameters))
        return neighbours_of(regressions, parameters)


class _LastResult(Generic[T]):
    """Caches the last result by its key."""

    def __init__(self) -> None:
        self._kept: list[tuple[tuple[float, ...], T]] = []

    def get(self, key: tuple[float, ...], make: Callable[[], T]) -> T:
        if not self._kept or self._kept[0][0] != key:
            self._kept.clear()  # first, because two results may not fit into memory
            self._kept.append((key, make()))
        return self._kept[0][1]


def search(
    data: TrainingData,
    hold_outs: Sequence[HoldOut],
    *,
    start: Parameters,
    deadline: float,
    advance: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """Search for good parameters by coordinate descent from `start`, until `clock()` is close to `deadline`.

    The objective is Recall plus NDCG, averaged over the hold-outs, since optimising one alone worsens the other. A
    step is taken only if the gain exceeds the noise, and popularity is chosen only if it beats the best model by more
    than noise. If no reader can be evaluated, the result is `start`. `advance` is called after every line.
    """
    compile_kernels()
    tuner = Tuner(data, hold_outs, deadline=deadline, clock=clock)
    popularity = tuner.popularity()
    best = tuner.neighbours("start", _with(start, REDUCED))
    advance()
    if tuner.readers and tuner.in_time:
        plain = tuner.neighbours("plain item–item", _with(PLAIN, REDUCED))
        best = plain if plain.is_better_than(best) else best
    improving = tuner.readers > 0
    while improving and tuner.in_time:
        before = best
        for line in COORDINATES:
            best = tuner.search_line(line, best)
            advance()
        improving = best is not before
    chosen = popularity if popularity.is_better_than(best) else best
    return Search(tuple(tuner.trials), chosen.trial, tuple(hold_out.kind for hold_out in hold_outs), tuner.readers)


def _mean(by_hold_out: Sequence[Floats]) -> float:
    """The mean over hold-outs of the means over readers."""
    means = [float(scores.mean()) for scores in by_hold_out if len(scores)]
    return sum(means) / len(means) if means else 0.0


def compile_kernels() -> None:
    """Compile the loops, so that compilation does not count in the time of the first trial."""
    liked = csr_array(np.ones((2, 3), dtype=np.float32))
    hold_out = HoldOut(training=csr_array(liked[:, :2]), test=csr_array(liked), kind="none")
    no_features = csr_array(np.empty((0, 3), dtype=np.float32))
    Validator(hold_out, SEED).score_neighbours(fit(TrainingData(liked, no_features), Parameters()))


def full_size(parameters: Parameters) -> Parameters:
    """The parameters with the default numbers of pairs and neighbours."""
    return replace(parameters, pairs=Parameters.pairs, neighbours=Parameters.neighbours)


def _with(parameters: Parameters, changes: Mapping[str, float]) -> Parameters:
    return replace(parameters, **changes)  # type: ignore[arg-type]
