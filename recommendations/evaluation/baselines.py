"""Baselines of the `implicit` library, with parameters that its users publish."""

import importlib.util
import warnings
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recommendations.evaluation.case import Case
from recommendations.evaluation.rankers import Ranker
from recommendations.model.vocabulary import ABSENT, Ids

PARAMETERS: dict[str, dict[str, float]] = {
    "als": {"factors": 256, "regularization": 10.0, "alpha": 20.0, "iterations": 15},
    "bpr": {"factors": 128, "learning_rate": 0.01, "regularization": 0.01, "iterations": 100},
    "bm25": {"K": 200, "K1": 0.2, "B": 0.5},
    "cosine": {"K": 100},
}


def library_is_here() -> bool:
    """Whether `implicit` is installed; a production install does without."""
    return importlib.util.find_spec("implicit") is not None


def train_with_library(name: str, case: Case) -> Ranker:
    """Train `als`, `bpr`, `bm25` or `cosine` on the likings; all cores take part.

    A reader who likes nothing gets no list, and lists are as short as the library leaves them. At their end may be
    books that the reader has: the judge strikes them.
    """
    # A development dependency.
    import threadpoolctl  # noqa: PLC0415
    from implicit.utils import ParameterWarning  # noqa: PLC0415

    # The library's own threads and those of BLAS would fight for the cores, and it says so.
    threadpoolctl.threadpool_limits(1, "blas")
    liked = _matrix(case)
    model = _model(name, case.seed)
    with warnings.catch_warnings(category=ParameterWarning, action="ignore"):
        # About a conversion of its own.
        model.fit(liked, show_progress=False)

    def ranked(readers: Ids) -> list[list[int]]:
        rows = case.liked.readers.rows(readers)
        here = np.flatnonzero(rows != ABSENT)
        lists: list[list[int]] = [[] for _ in readers]
        if not len(here):
            return lists
        # The library leaves out what the reader likes; what the reader has and does not like is struck out later,
        # and needs room.
        known = (len(case.known.of_reader(reader)) for reader in readers[here].tolist())
        others = max(count - liking for count, liking in zip(known, np.diff(liked.indptr)[rows[here]], strict=True))
        most = min(case.k + int(others), len(case.catalogue))
        places, _scores = model.recommend(rows[here], liked[rows[here]], N=most, filter_already_liked_items=True)
        for place, books in zip(here.tolist(), places, strict=True):
            # The library fills lists up with −1.
            lists[place] = case.catalogue.ids[books[books >= 0]].tolist()
        return lists

    return ranked


def _matrix(case: Case) -> csr_matrix:
    rows = case.catalogue.rows(case.liked.books)
    shape = (len(case.liked.readers), len(case.catalogue))
    # Row numbers of 64 bits are refused by the library.
    return csr_matrix((np.ones(len(rows), dtype=np.float32), rows, case.liked.indptr.astype(np.int32)), shape=shape)


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
