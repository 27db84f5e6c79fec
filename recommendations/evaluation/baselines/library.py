"""Baselines from the `implicit` library: ALS, which is tuned, and others with common parameters."""

import importlib
import warnings
from typing import Any

import numpy as np

from recommendations.evaluation.baselines.matrix import liked_matrix
from recommendations.evaluation.baselines.simple import Ranker
from recommendations.evaluation.baselines.tuning import Parameters, Space
from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import ABSENT, Ids

PARAMETERS: dict[str, Parameters] = {
    "bpr": {"factors": 128, "learning_rate": 0.01, "regularization": 0.01, "iterations": 100},
    "bm25": {"K": 200, "K1": 0.2, "B": 0.5},
    "cosine": {"K": 100},
}
"""Those of the models that are not tuned."""

ALS_SPACE = Space(
    start={"alpha": 20.0, "factors": 64, "regularization": 10.0, "iterations": 8},
    # On large data there is time for few trials: first what is cheap to try with few factors, then the factors, which
    # matter most.
    values={
        "alpha": (1.0, 3.0, 8.0, 20.0, 50.0, 100.0),
        "factors": (8, 16, 32, 64, 128, 256, 512, 1024),
        "regularization": (0.1, 1.0, 3.0, 10.0, 30.0, 100.0),
        "iterations": (4, 8, 15, 30),
    },
    cost=lambda parameters: parameters["iterations"] * parameters["factors"] ** 1.2,
)


def load() -> None:
    """Import the library, so that the time that this takes does not count in the first trial of a search."""
    importlib.import_module("implicit.cpu.als")


def train_with_library(name: str, task: Task, parameters: Parameters) -> Ranker:
    """Train `als`, `bpr`, `bm25` or `cosine` on the liked books, on all cores.

    A reader who likes nothing gets an empty list. Lists may be too short, or end with books that the reader knows,
    which the evaluator removes.
    """
    # Imported here, because it is a development dependency.
    import threadpoolctl  # noqa: PLC0415
    from implicit.utils import ParameterWarning  # noqa: PLC0415

    # The library recommends this: its own threads and those of BLAS would compete for the cores.
    threadpoolctl.threadpool_limits(1, "blas")
    liked = liked_matrix(task)
    model = _model(name, parameters, task.seed)
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


def _model(name: str, parameters: Parameters, seed: int) -> Any:
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415
    from implicit.cpu.bpr import BayesianPersonalizedRanking  # noqa: PLC0415
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender  # noqa: PLC0415

    match name:
        case "als":
            return AlternatingLeastSquares(**parameters, random_state=seed)
        case "bpr":
            return BayesianPersonalizedRanking(**parameters, random_state=seed)
        case "bm25":
            return BM25Recommender(**parameters)
        case _:
            return CosineRecommender(**parameters)
