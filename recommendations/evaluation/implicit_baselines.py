"""Baselines from the `implicit` library, with published parameters."""

import importlib.util
import warnings
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recommendations.evaluation.simple_baselines import Ranker
from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import ABSENT, Ids

PARAMETERS: dict[str, dict[str, float]] = {
    "als": {"factors": 256, "regularization": 10.0, "alpha": 20.0, "iterations": 15},
    "bpr": {"factors": 128, "learning_rate": 0.01, "regularization": 0.01, "iterations": 100},
    "bm25": {"K": 200, "K1": 0.2, "B": 0.5},
    "cosine": {"K": 100},
}


def library_is_installed() -> bool:
    """Whether `implicit` is installed; it is a development dependency."""
    return importlib.util.find_spec("implicit") is not None


def train_with_library(name: str, task: Task) -> Ranker:
    """Train `als`, `bpr`, `bm25` or `cosine` on the liked books, on all cores.

    A reader who likes nothing gets an empty list. Lists may be too short, or end with books that the reader knows,
    which the evaluator removes.
    """
    # Imported here, because it is a development dependency.
    import threadpoolctl  # noqa: PLC0415
    from implicit.utils import ParameterWarning  # noqa: PLC0415

    # The library recommends this: its own threads and those of BLAS would compete for the cores.
    threadpoolctl.threadpool_limits(1, "blas")
    liked = _matrix(task)
    model = _model(name, task.seed)
    with warnings.catch_warnings(category=ParameterWarning, action="ignore"):
        # The library warns that it converts the matrix.
        model.fit(liked, show_progress=False)

    def ranked(readers: Ids) -> list[list[int]]:
        rows = task.liked.readers.rows(readers)
        present = np.flatnonzero(rows != ABSENT)
        lists: list[list[int]] = [[] for _ in readers]
        if not len(present):
            return lists
        # The library leaves out the books that the reader likes. Known books that are not liked are removed later, so
        # the list must be longer by their number.
        known = (len(task.known.of_reader(reader)) for reader in readers[present].tolist())
        others = max(count - likes for count, likes in zip(known, np.diff(liked.indptr)[rows[present]], strict=True))
        length = min(task.k + int(others), len(task.catalogue))
        recommended, _scores = model.recommend(
            rows[present], liked[rows[present]], N=length, filter_already_liked_items=True
        )
        for position, books in zip(present.tolist(), recommended, strict=True):
            # The library pads lists with −1.
            lists[position] = task.catalogue.ids[books[books >= 0]].tolist()
        return lists

    return ranked


def _matrix(task: Task) -> csr_matrix:
    rows = task.catalogue.rows(task.liked.books)
    shape = (len(task.liked.readers), len(task.catalogue))
    # The library does not accept 64-bit row numbers.
    return csr_matrix((np.ones(len(rows), dtype=np.float32), rows, task.liked.indptr.astype(np.int32)), shape=shape)


def _model(name: str, seed: int) -> Any:
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415
    from implicit.cpu.bpr import BayesianPersonalizedRanking  # noqa: PLC0415
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender  # noqa: PLC0415

    parameters = PARAMETERS[name]
    match name:
        case "als":
            return AlternatingLeastSquares(**parameters, random_state=seed)
        case "bpr":
            return BayesianPersonalizedRanking(**parameters, random_state=seed)
        case "bm25":
            return BM25Recommender(**parameters)
        case _:
            return CosineRecommender(**parameters)
