"""Training: turns the catalogue and all interactions into an artifact."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, Preference
from recommendations.model.artifact import Artifact, new_version
from recommendations.model.disk import FORMAT
from recommendations.model.learning.features import features_of
from recommendations.model.learning.holdout import hold_outs
from recommendations.model.learning.local_ease import TrainingData, fit
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import HALF_LIVES, full_size
from recommendations.model.learning.threads import Advance
from recommendations.model.learning.trials import SEED
from recommendations.model.learning.tuning import Search, search
from recommendations.model.popularity import HALF_LIFE_DAYS, FirstLikes, liked_elsewhere, with_elsewhere
from recommendations.model.preferences import DatedHistories, EventColumns, dated_histories_of
from recommendations.model.vocabulary import Vocabulary

DEFAULT_BUDGET = 60.0
"""Seconds that a training may take, including the search for parameters."""

RESERVE = 0.1
"""The share of the budget reserved for writing the model and for delays on a busy machine."""


@dataclass(frozen=True)
class Trained:
    """A model and the search that found its parameters, or None if there was no search."""

    artifact: Artifact
    search: Search | None


def train(
    books: Sequence[Book],
    chunks: Iterable[list[Event]],
    *,
    now: datetime,
    readers_revision: int = 0,
    half_life_days: float | None = None,
    budget: float = DEFAULT_BUDGET,
    started: float | None = None,
    parameters: Parameters | None = None,
    advance: Advance = lambda _share: None,
    clock: Callable[[], float] = time.monotonic,
) -> Trained:
    """Train a model; `advance` is called with the share of the work done so far.

    Unless `parameters` are given or `budget` is 0, the best parameters are searched for on hold-outs, and the model
    is then trained on the whole history. `budget` is in seconds since `started`. The half-life of popularity is one
    of the parameters, unless `half_life_days` is given. Books of the history that are not in the catalogue are
    learned too, and count once they arrive. `readers_revision` is the revision of the readers table
    at the time the events were read.
    """
    started = clock() if started is None else started
    progress = _Progress(advance)
    events = EventColumns.of(chunks)
    known = np.fromiter((book.id for book in books), dtype=np.int32)
    vocabulary = Vocabulary(np.union1d(known, events.books).astype(np.int32))
    default = Parameters(half_life_days=HALF_LIFE_DAYS if half_life_days is None else half_life_days)
    half_lives = HALF_LIVES if half_life_days is None else (half_life_days,)
    dated = dated_histories_of(events, vocabulary)
    histories = dated.histories
    liked, times = liked_matrix(dated, len(vocabulary))
    reference = now.timestamp()
    is_searched = parameters is None and budget > 0
    likes = FirstLikes.of(events, vocabulary)
    popularity = {
        days: likes.popularity(half_life_days=days, reference=reference)
        for days in {*(half_lives if is_searched else ()), (parameters or default).half_life_days}
    }
    del events, dated, likes  # more than 350 MB for ten million events
    elsewhere = liked_elsewhere(books, vocabulary)
    data = TrainingData(liked, features_of(books, vocabulary), times, reference, elsewhere)
    result = None
    if is_searched:
        deadline = started + budget * (1 - RESERVE)
        result = search(
            data,
            hold_outs(liked, times, reference, SEED),
            start=default,
            half_lives=half_lives,
            deadline=deadline,
            advance=lambda: progress.reach(min(0.9, (clock() - started) / (deadline - started))),
            clock=clock,
        )
        parameters = full_size(result.chosen.parameters, len(vocabulary))
    parameters = parameters or default
    neighbours = fit(data, parameters, progress.rest())
    progress.reach(1.0)
    here = popularity[parameters.half_life_days]
    artifact = Artifact(
        books=vocabulary,
        readers_of_book=np.bincount(liked.indices, minlength=len(vocabulary)).astype(np.int32),
        popularity=replace(here, weights=with_elsewhere(here.weights, elsewhere, parameters.elsewhere_weight)),
        neighbours=neighbours,
        histories=histories,
        manifest={
            "format": FORMAT,
            "version": new_version(now),
            "created_at": now.isoformat(),
            "parameters": asdict(parameters),
            "prior": asdict(neighbours.prior),
            "search": _summary(result),
            "sequence": histories.sequence,
            "readers_revision": readers_revision,
            "reference_time": now.timestamp(),
            "half_life_days": parameters.half_life_days,
            "books": len(vocabulary),
            "readers": len(histories.readers),
            "likes": int(liked.nnz),
            "vocabulary_sha256": vocabulary.digest(),
        },
    )
    return Trained(artifact, result)


def liked_matrix(dated: DatedHistories, books: int) -> tuple[csr_array, npt.NDArray[np.float64]]:
    """X, readers × books, 1 where the reader likes the book, each row in reading order; and the time of each entry.

    Times are in seconds since 1970, NaN where unknown.
    """
    histories = dated.histories
    liked = (histories.preferences & Preference.LIKED) != 0
    indptr = np.concatenate([[0], np.cumsum(liked)])[histories.indptr]
    rows = histories.rows[liked]
    ones = np.ones(len(rows), dtype=np.float32)
    return csr_array((ones, rows, indptr), shape=(len(histories.readers), books)), dated.times[liked]


class _Progress:
    """Reports the share of the work done; the last fit continues where the search stopped."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._done = 0.0

    def reach(self, share: float) -> None:
        self._done = share
        self._advance(share)

    def rest(self) -> Advance:
        """A callback for the remaining work, which takes the share done of that work."""
        before = self._done
        return lambda share: self.reach(before + (1 - before) * share)


def _summary(result: Search | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "held_out_by": list(result.hold_outs),
        "readers": result.readers,
        "members": result.members,
        "chosen": result.trials.index(result.chosen),
        "recall": result.chosen.recall,
        "ndcg": result.chosen.ndcg,
        "trials": [asdict(trial) for trial in result.trials],
    }
