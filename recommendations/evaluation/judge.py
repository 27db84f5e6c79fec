"""Judging a model by all its lists, some readers' at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.evaluation.case import Case
from recommendations.evaluation.metrics import coverage, hit, ndcg, novelty, recall, reciprocal_rank

MEASURES = (recall, ndcg, reciprocal_rank, hit)


@dataclass(frozen=True)
class Verdict:
    """What the lists of one model are worth: means over readers, `recall_error` being the standard error of one."""

    recall: float
    recall_error: float
    ndcg: float
    mrr: float
    hit_rate: float
    coverage: float
    novelty: float


class Judge:
    """Takes the lists of every reader of a case, and then gives its verdict.

    The same rules hold for every model: books of the reader's training part are struck from the list before it is
    cut at k, a repeated book counts once, and a list that is too short stays so.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._scores: list[npt.NDArray[np.float64]] = []
        self._listed = np.zeros(len(case.catalogue), dtype=np.int64)

    def hear(self, readers: Iterable[int], lists: Iterable[Sequence[int]]) -> None:
        """Take the lists of these readers: ids of books, best first."""
        case = self._case
        shown: list[int] = []
        scores: list[list[float]] = []
        for reader, ranked in zip(readers, lists, strict=True):
            known = frozenset(case.known.of_reader(reader).tolist())
            wanted = frozenset(case.wanted.of_reader(reader).tolist())
            counted = [book for book in dict.fromkeys(ranked) if book not in known][: case.k]
            scores.append([measure(counted, wanted, case.k) for measure in MEASURES])
            shown += counted
        self._scores.append(np.array(scores))
        rows = case.catalogue.rows(np.array(shown, dtype=np.int32))
        self._listed += np.bincount(rows, minlength=len(case.catalogue))

    def verdict(self) -> Verdict:
        """The verdict on the lists of all readers; raises ValueError where some were not heard, or twice."""
        case = self._case
        scores = np.concatenate(self._scores)
        if len(scores) != len(case.wanted.readers):
            raise ValueError(f"{len(scores)} lists of {len(case.wanted.readers)} readers")
        found, gain, rank, hits = scores.mean(axis=0).tolist()
        readers_of = np.bincount(case.catalogue.rows(case.known.books), minlength=len(case.catalogue))
        return Verdict(
            recall=found,
            recall_error=float(scores[:, 0].std() / len(scores) ** 0.5),
            ndcg=gain,
            mrr=rank,
            hit_rate=hits,
            coverage=coverage(self._listed),
            novelty=novelty(self._listed, readers_of, len(case.known.readers)),
        )
