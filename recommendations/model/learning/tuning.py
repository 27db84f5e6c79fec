"""The search for the parameters that best predict what this shop's readers read next."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from recommendations.model.learning.holdout import BY_TIME, HoldOut
from recommendations.model.learning.local_ease import TrainingData, fit
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import (
    COORDINATES,
    ELSEWHERE,
    ELSEWHERE_ALONE,
    HALF_LIVES,
    MEMBERS,
    OF_TIME,
    Line,
    by_time,
    popularity,
    reduced,
)
from recommendations.model.learning.trials import SEED, Scored, Trial, Tuner
from recommendations.model.learning.validation import Validator


@dataclass(frozen=True)
class Search:
    """The trials in order, the best one, the kinds of hold-outs and the number of readers evaluated.

    The first `members` trials are known models and starts; the others are steps from these.
    """

    trials: tuple[Trial, ...]
    members: int
    chosen: Trial
    hold_outs: tuple[str, ...]
    readers: int


def search(
    data: TrainingData,
    hold_outs: Sequence[HoldOut],
    *,
    start: Parameters,
    half_lives: Sequence[float] = HALF_LIVES,
    deadline: float,
    advance: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """Search for good parameters by coordinate descent, until `clock()` is close to `deadline`.

    The objective is Recall plus NDCG over the hold-outs, since optimising one alone worsens the other. The descent
    begins from `start`, or from another member that is better by more than noise, then from the others, the best
    first; a step is taken only if the gain exceeds the noise, and so is the end of another descent. At last, a member
    that is better than the result by more than noise, such as popularity alone, takes its place. If no reader can be
    evaluated, the result is `start`. `half_lives` are those of popularity that may be chosen. `advance` is called
    after every line.
    """
    compile_kernels()
    tuner = Tuner(data, hold_outs, deadline=deadline, clock=clock)
    dated = tuner.kinds == (BY_TIME,)
    popular = _most_accurate(
        [tuner.attempt(*member) for member in _popularities(data, start, half_lives, dated=dated)]
    )
    best = tuner.attempt(*_start(start, popular, dated=dated))
    advance()
    half_life_days = best.trial.parameters.half_life_days
    members = [best]
    if tuner.readers:
        for name, parameters in MEMBERS.items():
            if tuner.in_time:
                member = tuner.attempt(name, reduced(replace(parameters, half_life_days=half_life_days)))
                members.append(member)
                best = member if member.is_better_than(best) else best
    known = tuner.trials
    if tuner.readers:
        lines = _lines(data, half_lives, dated=dated)
        for member in (best, *sorted(members, key=lambda scored: -scored.mean)):
            found = _descended(tuner, member, lines, advance)
            best = found if found.is_better_than(best) else best
    chosen = best
    # Noise is not transitive: one of these may be better than the last, and not better than those before.
    while better := [member for member in known if member.is_better_than(chosen)]:
        chosen = _most_accurate(better)
    trials = [_compared(scored, chosen) for scored in tuner.trials]
    return Search(tuple(trials), len(known), trials[tuner.trials.index(chosen)], tuner.kinds, tuner.readers)


def _descended(tuner: Tuner, best: Scored, lines: Sequence[Line], advance: Callable[[], None]) -> Scored:
    """The best trial that the descent from a trial reaches; trials that were made before take no time."""
    improving = True
    while improving and tuner.in_time:
        before = best
        for line in lines:
            best = tuner.search_line(line, best)
            advance()
        improving = best is not before
    return best


def _popularities(
    data: TrainingData, start: Parameters, half_lives: Sequence[float], *, dated: bool
) -> Iterator[tuple[str, Parameters]]:
    # Without times, nothing speaks for another half-life than that of the start.
    for days in half_lives if dated else (start.half_life_days,):
        yield f"popularity, half-life {days:g} days" if dated else "popularity", popularity(days)
    if data.elsewhere.any():
        yield "popularity elsewhere", popularity(start.half_life_days, elsewhere_weight=ELSEWHERE_ALONE)


def _start(start: Parameters, popular: Scored, *, dated: bool) -> tuple[str, Parameters]:
    if dated:
        start = by_time(start, popular.trial.parameters.half_life_days)
    return "start", reduced(start)


def _lines(data: TrainingData, half_lives: Sequence[float], *, dated: bool) -> list[Line]:
    of_time = [line for line in OF_TIME if dated and (len(half_lives) > 1 or "half_life_days" not in line[0])]
    return [*of_time, *COORDINATES, *([ELSEWHERE] if data.elsewhere.any() else [])]


def _most_accurate(trials: Sequence[Scored]) -> Scored:
    return max(trials, key=lambda scored: scored.mean)


def _compared(scored: Scored, chosen: Scored) -> Trial:
    behind, error = chosen.ahead_of(scored)
    return replace(scored.trial, behind=behind, error=error)


def compile_kernels() -> None:
    """Compile the loops, so that compilation does not count in the time of the first trial."""
    liked = csr_array(np.ones((2, 3), dtype=np.float32))
    times = np.zeros(liked.nnz)
    hold_out = HoldOut(csr_array(liked[:, :2]), csr_array(liked), kind="none", times=times[:4], reference=0.0)
    data = TrainingData(liked, csr_array(np.empty((0, 3), dtype=np.float32)), times, 0.0, np.zeros(3))
    Validator(hold_out, SEED).score(fit(data, Parameters()), np.ones(3))
