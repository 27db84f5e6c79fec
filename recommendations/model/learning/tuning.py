"""The search for parameters that foresee best what readers of the data at hand took up next."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.judging import Judge, Verdict
from recommendations.model.learning.local_ease import (
    Likings,
    Pairs,
    Parameters,
    Regressions,
    fit,
    neighbours_of,
    pairs_of,
    regressions_of,
)
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
    traits=0.0,
    direction=0.0,
    trend=0.0,
    fading=0.0,
)
"""The plain item–item form, which the regressions must beat."""

SKETCH: Mapping[str, float] = {"pairs": 100, "neighbours": 50}
"""Fewer neighbours than are refitted: half the accuracy's last percent for a fourth of the time."""

COORDINATES: Sequence[Sequence[Mapping[str, float]]] = (
    [{"fading": value} for value in (0.0, 0.1, 0.2, 0.35, 0.5)],
    [
        {"candidate_norm": norm, "candidate_damping": damping}
        for norm, damping in ((0.0, 0.4), (0.0, 0.25), (0.0, 0.15), (0.3, 0.05), (0.5, 0.0), (0.7, 0.0))
    ],
    [{"trend": value} for value in (0.0, 0.35, 0.7, 1.2, 2.0)],
    [{"direction": value} for value in (0.0, 0.15, 0.3, 0.5)],
    [{"traits": value} for value in (0.0, 0.3, 0.7, 1.4)],
    [{"regularisation": value} for value in (3.0, 10.0, 25.0, 60.0, 150.0, 1e4)],
    [{"reader_damping": value} for value in (0.0, 0.2, 0.4, 0.6, 0.8)],
    [{"damping": value} for value in (0.0, 0.3, 0.5)],
    [{"shrinkage": value} for value in (1.0, 3.0, 8.0, 20.0)],
    [{"known_boost": value} for value in (0.0, 0.1, 0.2)],
)
"""What is varied, one after the other, each along its own line; most first what was seen to matter most."""

REFIT = 4.0
"""How much longer than learning a sketch from one hold-out the last fit is reckoned to take: of all neighbours, from
everything."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """One model tried, and how it foresaw what was held out, on average over the hold-outs; popularity has no
    parameters."""

    name: str
    parameters: Parameters | None
    recall: float
    ndcg: float
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The trial for the manifest."""
        return asdict(self)


@dataclass(frozen=True)
class Search:
    """What was tried, in order, which of it was chosen, and what it was judged by."""

    trials: tuple[Trial, ...]
    chosen: Trial
    ways: tuple[str, ...]
    readers: int


@dataclass(frozen=True)
class Tried:
    """A trial with the score of each judging reader, Recall plus NDCG, for each hold-out."""

    trial: Trial
    scores: Sequence[Floats]

    def is_better_than(self, other: "Tried") -> bool:
        """Whether it scores higher by more than the noise of the readers who judged both (one standard error)."""
        gains = [mine - theirs for mine, theirs in zip(self.scores, other.scores, strict=True) if len(mine)]
        error = sum(float(gain.var()) / len(gain) for gain in gains) ** 0.5
        return bool(sum(float(gain.mean()) for gain in gains) > error)


class Tuner:
    """Tries models on hold-outs until its time is over; the time that the last fit will take is left over."""

    def __init__(
        self, likings: Likings, hold_outs: Sequence[HoldOut], *, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._judges = [Judge(hold_out, SEED) for hold_out in hold_outs]
        self._fitted = [Fitted(Likings(hold_out.known, likings.traits)) for hold_out in hold_outs]
        self._deadline = deadline
        self._clock = clock
        self._tried: dict[Parameters, Tried] = {}
        self.trials: list[Trial] = []

    @property
    def readers(self) -> int:
        """How many readers judge."""
        return sum(len(judge.readers) for judge in self._judges)

    @property
    def in_time(self) -> bool:
        """Whether there is time for another trial."""
        slowest = max((trial.seconds for trial in self.trials), default=0.0)
        return self._clock() + slowest + REFIT * slowest / len(self._judges) < self._deadline

    def popularity(self) -> Tried:
        """Try what many read, for everyone alike."""
        started = self._clock()
        return self._noted("popularity", None, [judge.of_popularity() for judge in self._judges], started)

    def neighbours(self, name: str, parameters: Parameters) -> Tried:
        """Try neighbours with these parameters."""
        started = self._clock()
        pairs = zip(self._judges, self._fitted, strict=True)
        verdicts = [judge.of_neighbours(fitted.neighbours(parameters)) for judge, fitted in pairs]
        return self._noted(name, parameters, verdicts, started)

    def along(self, line: Sequence[Mapping[str, float]], best: Tried) -> Tried:
        """The best along one line, step by step from where `best` stands, as long as the steps are better."""
        parameters = best.trial.parameters
        if parameters is None:
            raise ValueError("popularity has no parameters to vary")
        here = asdict(parameters)
        place = min(range(len(line)), key=lambda at: sum(abs(value - here[name]) for name, value in line[at].items()))
        for steps in (line[place + 1 :], line[:place][::-1]):
            champion = best
            for step in steps:
                if not self.in_time:
                    return champion
                changed = _with(parameters, step)
                name = ", ".join(f"{name} {value:g}" for name, value in step.items())
                challenger = self._tried.get(changed) or self.neighbours(name, changed)
                if not challenger.is_better_than(champion):
                    break
                champion = challenger
            if champion is not best:
                return champion
        return best

    def _noted(self, name: str, parameters: Parameters | None, verdicts: Sequence[Verdict], started: float) -> Tried:
        recall = _mean([verdict.recall for verdict in verdicts])
        ndcg = _mean([verdict.ndcg for verdict in verdicts])
        trial = Trial(name, parameters, recall, ndcg, self._clock() - started)
        self.trials.append(trial)
        tried = Tried(trial, [verdict.recall + verdict.ndcg for verdict in verdicts])
        if parameters is not None:
            self._tried[parameters] = tried
        return tried


class Fitted:
    """The neighbours learned from one hold-out; what the next ones have in common with the last ones is kept."""

    def __init__(self, likings: Likings) -> None:
        self._likings = likings
        self._pairs: _Last[Pairs] = _Last()
        self._regressions: _Last[Regressions] = _Last()

    def neighbours(self, parameters: Parameters) -> Neighbours:
        """The neighbours by these parameters."""
        of_pairs = (parameters.reader_damping, parameters.shrinkage, parameters.traits, parameters.pairs)
        of_weights = (parameters.damping, parameters.regularisation, parameters.direction, parameters.neighbours)
        pairs = self._pairs.get(of_pairs, lambda: pairs_of(self._likings, parameters))
        regressions = self._regressions.get(of_pairs + of_weights, lambda: regressions_of(pairs, parameters))
        return neighbours_of(regressions, parameters)


class _Last(Generic[T]):
    """What was made last, as long as it is asked for under the same key."""

    def __init__(self) -> None:
        self._kept: list[tuple[tuple[float, ...], T]] = []

    def get(self, key: tuple[float, ...], make: Callable[[], T]) -> T:
        if not self._kept or self._kept[0][0] != key:
            self._kept.clear()  # first: two at once may be more than there is memory for
            self._kept.append((key, make()))
        return self._kept[0][1]


def search(
    likings: Likings,
    hold_outs: Sequence[HoldOut],
    *,
    start: Parameters,
    deadline: float,
    advance: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """Search for good parameters, by coordinate descent from `start`, until `clock()` comes near `deadline`.

    A step is taken only where it is better by more than noise. Popularity is chosen where it foresees better than
    anything learned. What counts is Recall plus NDCG, on average over the hold-outs: either alone is bought with the
    other. Where no reader can judge, it stays with `start`. `advance` is called after every line.
    """
    compile_kernels()
    tuner = Tuner(likings, hold_outs, deadline=deadline, clock=clock)
    popular = tuner.popularity()
    best = tuner.neighbours("start", _with(start, SKETCH))
    advance()
    if tuner.readers and tuner.in_time:
        plain = tuner.neighbours("plain item–item", _with(PLAIN, SKETCH))
        best = plain if plain.is_better_than(best) else best
    improving = tuner.readers > 0
    while improving and tuner.in_time:
        before = best
        for line in COORDINATES:
            best = tuner.along(line, best)
            advance()
        improving = best is not before
    chosen = popular if popular.is_better_than(best) else best
    return Search(tuple(tuner.trials), chosen.trial, tuple(one.way for one in hold_outs), tuner.readers)


def _mean(by_reader: Sequence[Floats]) -> float:
    """The mean over hold-outs, which count alike however many readers judge by each."""
    means = [float(measured.mean()) for measured in by_reader if len(measured)]
    return sum(means) / len(means) if means else 0.0


def compile_kernels() -> None:
    """Have the compiled loops ready, so that the first trial does not take their compilation for its own time."""
    liked = csr_array(np.ones((2, 3), dtype=np.float32))
    hold_out = HoldOut(known=csr_array(liked[:, :2]), wanted=csr_array(liked), way="none")
    untold = csr_array(np.empty((0, 3), dtype=np.float32))
    Judge(hold_out, SEED).of_neighbours(fit(Likings(liked, untold), Parameters()))


def whole(parameters: Parameters) -> Parameters:
    """The parameters of a sketch, for all neighbours."""
    return replace(parameters, pairs=Parameters.pairs, neighbours=Parameters.neighbours)


def _with(parameters: Parameters, changes: Mapping[str, float]) -> Parameters:
    return replace(parameters, **changes)  # type: ignore[arg-type]
