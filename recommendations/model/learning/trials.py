"""Trials of parameters on hold-outs, and when one of them is better."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.local_ease import (
    Pairs,
    Regressions,
    TrainingData,
    neighbours_of,
    pairs_of,
    popularity_alone,
    regressions_of,
)
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import changed, refit_trials
from recommendations.model.learning.validation import Scores, Validator
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import with_elsewhere

T = TypeVar("T")

SEED = 7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """One model that was tried, and its metrics averaged over the kinds of hold-outs.

    `behind` is how much more the chosen model scores, Recall plus NDCG, and `error` the standard error of that, over
    the same readers.
    """

    name: str
    parameters: Parameters
    recall: float
    ndcg: float
    seconds: float
    behind: float = 0.0
    error: float = 0.0


@dataclass(frozen=True)
class Scored:
    """A trial, and Recall plus NDCG of each evaluated reader by kind of hold-out."""

    trial: Trial
    scores: Sequence[Floats]

    @property
    def mean(self) -> float:
        """Recall plus NDCG."""
        return self.trial.recall + self.trial.ndcg

    def ahead_of(self, other: "Scored") -> tuple[float, float]:
        """How much higher its mean score is, and the standard error of that over the readers."""
        gains = [mine - theirs for mine, theirs in zip(self.scores, other.scores, strict=True) if len(mine)]
        kinds = max(len(gains), 1)
        error = sum(float(gain.var()) / len(gain) for gain in gains) ** 0.5
        return sum(float(gain.mean()) for gain in gains) / kinds, error / kinds

    def is_better_than(self, other: "Scored") -> bool:
        """Whether its mean score is higher by more than one standard error over the readers."""
        gain, error = self.ahead_of(other)
        return gain > error


class Tuner:
    """Tries models on hold-outs until the deadline, minus the time that the last fit will take.

    The readers of all hold-outs of a kind are pooled; the kinds have equal weight.
    """

    def __init__(
        self, data: TrainingData, hold_outs: Sequence[HoldOut], *, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._kinds = tuple(dict.fromkeys(hold_out.kind for hold_out in hold_outs))
        self._validators = [Validator(hold_out, SEED) for hold_out in hold_outs]
        self._fits = [
            CachedFit(replace(data, liked=part.training, times=part.times, reference=part.reference))
            for part in hold_outs
        ]
        self._refit = refit_trials(data.liked.shape[1])
        self._deadline = deadline
        self._clock = clock
        self._scored: dict[Parameters, Scored] = {}

    @property
    def trials(self) -> list[Scored]:
        """The trials so far, in order."""
        return list(self._scored.values())

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of hold-outs."""
        return self._kinds

    @property
    def readers(self) -> int:
        """The number of readers evaluated."""
        return sum(len(validator.readers) for validator in self._validators)

    @property
    def in_time(self) -> bool:
        """Whether there is time for another trial."""
        slowest = max((scored.trial.seconds for scored in self._scored.values()), default=0.0)
        return self._clock() + slowest + self._refit * slowest / len(self._validators) < self._deadline

    def attempt(self, name: str, parameters: Parameters) -> Scored:
        """Try these parameters, unless they were tried before."""
        if parameters not in self._scored:
            started = self._clock()
            scores = [
                validator.score(fit.neighbours(parameters), fit.popularity(parameters))
                for validator, fit in zip(self._validators, self._fits, strict=True)
            ]
            self._scored[parameters] = self._record(name, parameters, scores, started)
        return self._scored[parameters]

    def search_line(self, line: Sequence[Mapping[str, float]], best: Scored) -> Scored:
        """Search along one line, step by step from `best`, first up, then down, while each step is better.

        Returns the best trial.
        """
        parameters = best.trial.parameters
        current = asdict(parameters)
        start = min(
            range(len(line)), key=lambda i: sum(abs(value - current[name]) for name, value in line[i].items())
        )
        for steps in (line[start + 1 :], line[:start][::-1]):
            champion = best
            for step in steps:
                if not self.in_time:
                    return champion
                name = ", ".join(f"{name} {value:g}" for name, value in step.items())
                challenger = self.attempt(name, changed(parameters, step))
                if not challenger.is_better_than(champion):
                    break
                champion = challenger
            if champion is not best:
                return champion
        return best

    def _record(self, name: str, parameters: Parameters, scores: Sequence[Scores], started: float) -> Scored:
        recall = self._pooled([score.recall for score in scores])
        ndcg = self._pooled([score.ndcg for score in scores])
        trial = Trial(name, parameters, _mean(recall), _mean(ndcg), self._clock() - started)
        return Scored(trial, [mine + others for mine, others in zip(recall, ndcg, strict=True)])

    def _pooled(self, scores: Sequence[Floats]) -> list[Floats]:
        """The scores of the readers by kind of hold-out."""
        of_kind: dict[str, list[Floats]] = {kind: [] for kind in self._kinds}
        for validator, values in zip(self._validators, scores, strict=True):
            of_kind[validator.hold_out.kind].append(values)
        return [np.concatenate(values) for values in of_kind.values()]


class CachedFit:
    """Fits models to one training part, and reuses those stages of the last fit whose parameters stayed the same."""

    def __init__(self, data: TrainingData) -> None:
        self._data = data
        self._recent_likes: _LastResult[Floats] = _LastResult()
        self._pairs: _LastResult[Pairs] = _LastResult()
        self._regressions: _LastResult[Regressions] = _LastResult()

    def popularity(self, parameters: Parameters) -> Floats:
        """The popularity of each book, here and elsewhere."""
        likes = self._likes(parameters.half_life_days)
        return with_elsewhere(likes, self._data.elsewhere, parameters.elsewhere_weight)

    def _likes(self, half_life_days: float) -> Floats:
        return self._recent_likes.get((half_life_days,), lambda: self._data.recent_likes(half_life_days))

    def neighbours(self, parameters: Parameters) -> Neighbours:
        """The same as `fit`."""
        if not parameters.neighbours:
            return popularity_alone(self._data.liked.shape[1])
        of_pairs = (parameters.reader_damping, parameters.shrinkage, parameters.feature_weight, parameters.pairs)
        of_weights = (parameters.damping, parameters.regularisation, parameters.direction, parameters.neighbours)
        pairs = self._pairs.get(of_pairs, lambda: pairs_of(self._data, parameters))
        regressions = self._regressions.get(of_pairs + of_weights, lambda: regressions_of(pairs, parameters))
        return neighbours_of(regressions, parameters, self._likes(parameters.half_life_days))


class _LastResult(Generic[T]):
    """Caches the last result by its key."""

    def __init__(self) -> None:
        self._kept: list[tuple[tuple[float, ...], T]] = []

    def get(self, key: tuple[float, ...], make: Callable[[], T]) -> T:
        if not self._kept or self._kept[0][0] != key:
            self._kept.clear()  # first, because two results may not fit into memory
            self._kept.append((key, make()))
        return self._kept[0][1]


def _mean(by_kind: Sequence[Floats]) -> float:
    """The mean over kinds of hold-outs of the means over readers."""
    means = [float(scores.mean()) for scores in by_kind if len(scores)]
    return sum(means) / len(means) if means else 0.0
