"""Learning a model from the catalogue and everything that readers did."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, Preference
from recommendations.model.artifact import FORMAT, Artifact, new_version
from recommendations.model.learning.holdout import hold_outs
from recommendations.model.learning.local_ease import Likings, Parameters, fit
from recommendations.model.learning.threads import Advance
from recommendations.model.learning.traits import traits_of
from recommendations.model.learning.tuning import SEED, Search, search, whole
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import HALF_LIFE_DAYS, popularity_of
from recommendations.model.preferences import DatedHistories, EventColumns, dated_histories_of
from recommendations.model.vocabulary import Vocabulary

DEFAULT_BUDGET = 60.0
"""Seconds that a training may take, its search included."""

RESERVE = 0.1
"""The share of the budget that is left for writing the model, and for a machine that is busy meanwhile."""


@dataclass(frozen=True)
class Trained:
    """A model, and the search that found its parameters, None where they were given."""

    artifact: Artifact
    search: Search | None


def train(
    books: Sequence[Book],
    chunks: Iterable[list[Event]],
    *,
    now: datetime,
    readers_revision: int = 0,
    half_life_days: float = HALF_LIFE_DAYS,
    budget: float = DEFAULT_BUDGET,
    started: float | None = None,
    parameters: Parameters | None = None,
    advance: Advance = lambda _share: None,
    clock: Callable[[], float] = time.monotonic,
) -> Trained:
    """Learn a model; `advance` hears which share of the work, of 1 in all, is done so far.

    Unless `parameters` are given or the `budget`, in seconds since `started`, is 0, good ones are searched for on a
    part of the history that is held out, and then everything is learned from with them. Books that the catalogue
    does not have yet take part, for when they arrive. `readers_revision` is the revision of the readers table from which
    the events were read.
    """
    started = clock() if started is None else started
    progress = _Progress(advance)
    events = EventColumns.of(chunks)
    known = np.fromiter((book.id for book in books), dtype=np.int32)
    vocabulary = Vocabulary(np.union1d(known, events.books).astype(np.int32))
    popularity = popularity_of(events, vocabulary, half_life_days=half_life_days, reference=now.timestamp())
    dated = dated_histories_of(events, vocabulary)
    histories = dated.histories
    liked, times = liked_matrix(dated, len(vocabulary))
    del events, dated  # of ten million events, more than a quarter of a gigabyte
    likings = Likings(liked, traits_of(books, vocabulary))
    found = None
    if parameters is None and budget > 0:
        deadline = started + budget * (1 - RESERVE)
        found = search(
            likings,
            hold_outs(liked, times, SEED),
            start=Parameters(),
            deadline=deadline,
            advance=lambda: progress.reach(min(0.9, (clock() - started) / (deadline - started))),
            clock=clock,
        )
        chosen = found.chosen.parameters
        parameters = whole(chosen) if chosen is not None else None
    else:
        parameters = parameters or Parameters()
    neighbours = _nothing(len(vocabulary)) if parameters is None else fit(likings, parameters, progress.rest())
    progress.reach(1.0)
    artifact = Artifact(
        books=vocabulary,
        readers_of_book=np.bincount(liked.indices, minlength=len(vocabulary)).astype(np.int32),
        popularity=popularity,
        neighbours=neighbours,
        histories=histories,
        manifest={
            "format": FORMAT,
            "version": new_version(now),
            "created_at": now.isoformat(),
            "parameters": parameters.as_dict() if parameters is not None else None,
            "search": _told(found),
            "sequence": histories.sequence,
            "readers_revision": readers_revision,
            "reference_time": now.timestamp(),
            "half_life_days": half_life_days,
            "books": len(vocabulary),
            "readers": len(histories.readers),
            "likes": int(liked.nnz),
            "vocabulary_sha256": vocabulary.digest(),
        },
    )
    return Trained(artifact, found)


def liked_matrix(dated: DatedHistories, books: int) -> tuple[csr_array, npt.NDArray[np.float64]]:
    """X, readers × books, 1 where the reader likes the book, the latest last in a row; and the times of its entries.

    Times are in seconds since 1970, NaN where unknown.
    """
    histories = dated.histories
    liked = (histories.preferences & Preference.LIKED) != 0
    indptr = np.concatenate([[0], np.cumsum(liked)])[histories.indptr]
    rows = histories.rows[liked]
    ones = np.ones(len(rows), dtype=np.float32)
    return csr_array((ones, rows, indptr), shape=(len(histories.readers), books)), dated.times[liked]


class _Progress:
    """The share of the work that is done; what comes after the search goes on from there."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._done = 0.0

    def reach(self, share: float) -> None:
        self._done = share
        self._advance(share)

    def rest(self) -> Advance:
        """Hears which share of what is left is done."""
        before = self._done
        return lambda share: self.reach(before + (1 - before) * share)


def _nothing(books: int) -> Neighbours:
    empty = np.empty(0, dtype=np.int32)
    return Neighbours(np.zeros(books + 1, dtype=np.int64), empty, empty.astype(np.float32))


def _told(found: Search | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "held_out_by": list(found.ways),
        "readers": found.readers,
        "chosen": found.trials.index(found.chosen),
        "recall": found.chosen.recall,
        "ndcg": found.chosen.ndcg,
        "trials": [trial.as_dict() for trial in found.trials],
    }
