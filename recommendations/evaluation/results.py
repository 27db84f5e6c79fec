"""The result of one model, and how the shipped model compares with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recommendations.evaluation import SHIPPED
from recommendations.evaluation.bootstrap import Interval, paired_bootstrap
from recommendations.evaluation.metrics import Metrics, Scores, mean_and_error
from recommendations.evaluation.training_cost import TrainingCost


@dataclass(frozen=True)
class ModelResult:
    """One model's metrics, cost, and each reader's scores, in the same order for all models of an evaluation.

    `parameters` are those of a baseline, found in `trials` trials if there are any.
    """

    model: str
    metrics: Metrics
    cost: TrainingCost
    scores: Scores
    parameters: Mapping[str, float] = field(default_factory=dict)
    trials: int = 0


@dataclass(frozen=True)
class Advantage:
    """The shipped model's Recall and NDCG minus another model's, over the same readers."""

    recall: Interval
    ndcg: Interval


@dataclass(frozen=True)
class Group:
    """The readers who like `least` to `most` books of the training part; without `most` there is no upper limit."""

    least: int
    most: int | None
    members: npt.NDArray[np.bool_]

    @property
    def readers(self) -> int:
        """How many there are."""
        return int(np.count_nonzero(self.members))

    @property
    def name(self) -> str:
        """The range of the number of books."""
        if self.most is None:
            return f"{self.least} and more"
        return str(self.least) if self.most == self.least else f"{self.least}–{self.most}"


@dataclass(frozen=True)
class GroupResult:
    """One model's Recall and NDCG over the readers of a group, with their standard errors."""

    model: str
    recall: float
    recall_error: float
    ndcg: float
    ndcg_error: float


SHORTEST = (0, 1, 5, 10, 20, 50)
"""The number of liked books from which each group of readers begins; a reader may know books and like none."""

FEWEST_READERS = 20
"""Groups with fewer readers are merged, because their means say little."""


def groups(liked: npt.NDArray[np.int64]) -> list[Group]:
    """Group readers, each with a number of `liked` books; a group that is too small is merged into the next one.

    The last one has no next one, and is merged into the one before.
    """
    found: list[Group] = []
    least = SHORTEST[0] if np.any(liked < SHORTEST[1]) else SHORTEST[1]
    for following in [*(start for start in SHORTEST if start > least), None]:
        members = (liked >= least) & (True if following is None else liked < following)
        if following is not None and np.count_nonzero(members) < FEWEST_READERS:
            continue
        if following is None and found and np.count_nonzero(members) < FEWEST_READERS:
            before = found.pop()
            least, members = before.least, before.members | members
        found.append(Group(least, None if following is None else following - 1, members))
        least = following or least
    return found


def group_result(result: ModelResult, group: Group) -> GroupResult:
    """One model's result for the readers of a group."""
    recall, ndcg = result.scores[group.members].T
    return GroupResult(result.model, *mean_and_error(recall), *mean_and_error(ndcg))


def advantages(
    results: Sequence[ModelResult], seed: int, members: npt.NDArray[np.bool_] | None = None
) -> dict[str, Advantage]:
    """The advantage of the shipped model over each other one, by its name; empty if it was not evaluated.

    With `members`, a mask, only over these readers. All models are compared over the same resamples.
    """
    shipped = next((result for result in results if result.model == SHIPPED), None)
    others = [result for result in results if result.model != SHIPPED]
    if shipped is None or not others:
        return {}
    differences = np.concatenate([shipped.scores - other.scores for other in others], axis=1)
    intervals = paired_bootstrap(differences if members is None else differences[members], seed)
    pairs = zip(intervals[::2], intervals[1::2], strict=True)
    return {other.model: Advantage(*pair) for other, pair in zip(others, pairs, strict=True)}
