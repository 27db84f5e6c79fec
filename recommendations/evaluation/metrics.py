"""Metrics of ranked lists, and their means over the readers of a task."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt

from recommendations.evaluation.task import Task


def recall(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """The share of the wanted books that are among the first `cutoff`; `wanted` must not be empty."""
    return sum(book in wanted for book in ranked[:cutoff]) / len(wanted)


def ndcg(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """Normalised discounted cumulative gain with binary gains; `wanted` must not be empty.

    The ideal list has min(len(wanted), cutoff) hits at its top (Järvelin and Kekäläinen 2002).
    """
    gain = sum(1 / log2(rank + 2) for rank, book in enumerate(ranked[:cutoff]) if book in wanted)
    return gain / sum(1 / log2(rank + 2) for rank in range(min(len(wanted), cutoff)))


def reciprocal_rank(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """1 / the rank, from 1, of the first wanted book among the first `cutoff`; 0 if there is none.

    Its mean over readers is MRR (Voorhees 1999).
    """
    return next((1 / rank for rank, book in enumerate(ranked[:cutoff], 1) if book in wanted), 0.0)


def hit(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """1 if any wanted book is among the first `cutoff`, else 0; its mean over readers is the hit rate."""
    return float(any(book in wanted for book in ranked[:cutoff]))


def coverage(listed: npt.NDArray[np.int64]) -> float:
    """The share of the catalogue that is in at least one list; `listed` has the number of lists with each book."""
    return float(np.count_nonzero(listed) / max(len(listed), 1))


def novelty(listed: npt.NDArray[np.int64], readers_of: npt.NDArray[np.int64], readers: int) -> float:
    """The mean self-information of all recommended books, −log2(n / N), in bits (Zhou et al. 2010).

    N = `readers` is the number of readers in the training part, and n = `readers_of` the number of them who know the
    book, liked or not. A book that nobody knows counts as if one reader did, or it would be infinitely novel. 0 if
    nothing is recommended.
    """
    total = listed.sum()
    if not total:
        return 0.0
    bits = -np.log2(np.maximum(readers_of, 1) / max(readers, 1))
    return float((listed * bits).sum() / total)


MEASURES = (recall, ndcg, reciprocal_rank, hit)

Scores = npt.NDArray[np.float64]
"""Recall and NDCG of each reader, readers × 2, in the order of the task's readers."""


def mean_and_error(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The mean over readers, and its standard error."""
    return float(values.mean()), float(values.std() / len(values) ** 0.5)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one model: means over readers, and the standard errors of two."""

    recall: float
    recall_error: float
    ndcg: float
    ndcg_error: float
    mrr: float
    hit_rate: float
    coverage: float
    novelty: float


class Evaluator:
    """Collects the lists of all readers of a task and computes their metrics.

    The rules are the same for every model: known books are removed from a list before it is cut at k, a repeated book
    counts once, and short lists are not filled up.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._scores: list[npt.NDArray[np.float64]] = []
        self._listed = np.zeros(len(task.catalogue), dtype=np.int64)

    def add(self, readers: Iterable[int], lists: Iterable[Sequence[int]]) -> None:
        """Add the lists of these readers: ids of books, best first."""
        task = self._task
        listed: list[int] = []
        scores: list[list[float]] = []
        for reader, ranked in zip(readers, lists, strict=True):
            known = frozenset(task.known.of_reader(reader).tolist())
            wanted = frozenset(task.wanted.of_reader(reader).tolist())
            counted = [book for book in dict.fromkeys(ranked) if book not in known][: task.k]
            scores.append([measure(counted, wanted, task.k) for measure in MEASURES])
            listed += counted
        self._scores.append(np.array(scores))
        rows = task.catalogue.rows(np.array(listed, dtype=np.int32))
        self._listed += np.bincount(rows, minlength=len(task.catalogue))

    def metrics(self) -> Metrics:
        """The metrics over all readers. Raises ValueError unless every reader was added exactly once."""
        task = self._task
        scores = self._all_scores()
        (mean_recall, recall_error), (mean_ndcg, ndcg_error) = map(mean_and_error, scores[:, :2].T)
        readers_of = np.bincount(task.catalogue.rows(task.known.books), minlength=len(task.catalogue))
        return Metrics(
            recall=mean_recall,
            recall_error=recall_error,
            ndcg=mean_ndcg,
            ndcg_error=ndcg_error,
            mrr=float(scores[:, 2].mean()),
            hit_rate=float(scores[:, 3].mean()),
            coverage=coverage(self._listed),
            novelty=novelty(self._listed, readers_of, len(task.known.readers)),
        )

    def scores(self) -> Scores:
        """Each reader's Recall and NDCG, if the readers were added in the order of the task. Raises as `metrics`."""
        return self._all_scores()[:, :2]

    def _all_scores(self) -> npt.NDArray[np.float64]:
        scores = np.concatenate(self._scores)
        if len(scores) != len(self._task.wanted.readers):
            raise ValueError(f"{len(scores)} lists of {len(self._task.wanted.readers)} readers")
        return scores
