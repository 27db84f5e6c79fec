"""The search for a baseline's parameters, on a hold-out cut from the training part."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommendations.evaluation.interactions import Interactions, ReaderBooks
from recommendations.evaluation.metrics import Metrics
from recommendations.evaluation.split import CannotSplit, default_split, split
from recommendations.evaluation.task import Task, make_task

MOST_READERS = 5_000
"""The most readers whose lists a trial computes: enough to compare parameters, and few enough to try many."""

REFIT = 1.5
"""How many times as long the last fit, on the whole training part, takes as a trial on four fifths of it."""

Parameters = Mapping[str, float]


@dataclass(frozen=True)
class Space:
    """Where a search starts, the values of each parameter in ascending order, and what a fit costs.

    `cost` is proportional to the seconds of a fit. At least `fewest` trials are made, however long they take.
    """

    start: Parameters
    values: Mapping[str, Sequence[float]]
    cost: Callable[[Parameters], float] = lambda _parameters: 1.0
    fewest: int = 1


@dataclass(frozen=True)
class Trial:
    """Parameters that were tried, and Recall + NDCG on the hold-out."""

    parameters: Parameters
    score: float
    seconds: float


def hold_out(training: Interactions, kind: str, task: Task) -> Task | None:
    """A task cut from the training part of `task`, by the same kind of split; None if it has no reader to evaluate.

    Of a training part that cannot be split by time, a random part is held out. If the test part comes from a file,
    `kind` is "file", and the hold-out is by time if most of the training part has times.
    """
    if kind == "file":
        kind = default_split(training)
    for name in dict.fromkeys((kind, "random")):
        try:
            # Another seed, or drift would favour the same books as in the split that is evaluated.
            parts = split(training, name, task.seed + 1)
        except CannotSplit:
            continue
        inner, counts = make_task(parts, task.catalogue.ids, k=task.k, seed=task.seed)
        if counts.readers:
            return _sample(inner)
    return None


def search(
    space: Space,
    attempt: Callable[[Parameters], Metrics],
    *,
    budget: float,
    clock: Callable[[], float] = time.monotonic,
) -> list[Trial]:
    """Try parameters by coordinate descent from the start, while there is time for another trial and the last fit.

    One parameter after the other moves to its neighbouring value as long as that improves Recall + NDCG, until no
    parameter does. `attempt` fits a model and measures it; `budget` is in seconds. The best trial is the result.
    """
    descent = _Descent(space, attempt, budget, clock)
    descent.attempt(space.start)
    best = None
    while best is not best_of(descent.trials):
        best = best_of(descent.trials)
        for name in space.values:
            descent.along(name)
    return descent.trials


def best_of(trials: Sequence[Trial]) -> Trial:
    """The trial with the highest score; of equal ones the first."""
    return max(trials, key=lambda trial: trial.score)


class _Descent:
    def __init__(
        self, space: Space, attempt: Callable[[Parameters], Metrics], budget: float, clock: Callable[[], float]
    ) -> None:
        self._space = space
        self._measure = attempt
        self._clock = clock
        self._deadline = clock() + budget
        self.trials: list[Trial] = []

    def attempt(self, parameters: Parameters) -> None:
        """Try parameters, unless they were tried before."""
        if any(trial.parameters == parameters for trial in self.trials):
            return
        started = self._clock()
        metrics = self._measure(parameters)
        self.trials.append(Trial(parameters, metrics.recall + metrics.ndcg, self._clock() - started))

    def along(self, name: str) -> None:
        """Move one parameter from its best value so far, up, or else down, while each step is better."""
        values = self._space.values[name]
        before = best_of(self.trials)
        start = values.index(before.parameters[name])
        for steps in (values[start + 1 :], values[:start][::-1]):
            for value in steps:
                best = best_of(self.trials)
                parameters = {**best.parameters, name: value}
                if not self._in_time(parameters, best):
                    return
                self.attempt(parameters)
                if best_of(self.trials) is best:
                    break
            if best_of(self.trials) is not before:
                return

    def _in_time(self, parameters: Parameters, best: Trial) -> bool:
        if len(self.trials) < self._space.fewest:
            return True
        cost = self._space.cost
        # Small trials spend most of their time on ranking readers, which takes as long in all of them.
        largest = max(self.trials, key=lambda trial: (cost(trial.parameters), trial.seconds))
        seconds = largest.seconds / cost(largest.parameters)
        refit = REFIT * max(cost(parameters), cost(best.parameters))
        return self._clock() + seconds * (cost(parameters) + refit) <= self._deadline


def _sample(task: Task) -> Task:
    readers = task.wanted.readers.ids
    if len(readers) <= MOST_READERS:
        return task
    drawn = np.random.default_rng(task.seed).choice(readers, MOST_READERS, replace=False)
    of_pairs, books = task.wanted.pairs()
    kept = np.isin(of_pairs, drawn)
    return replace(task, wanted=ReaderBooks.of(of_pairs[kept], books[kept]))
