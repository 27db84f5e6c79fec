"""Models so simple that tests can compute their scores by hand."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
from scipy.sparse import csr_array

from recommendations.domain.interactions import Event, Preference
from recommendations.model.artifact import Artifact
from recommendations.model.disk import FORMAT
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import FirstLikes, Prior
from recommendations.model.preferences import EventColumns, histories_of
from recommendations.model.vocabulary import Vocabulary

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HALF_LIFE_DAYS = 30
DAMPING = 0.5
"""The weights of a book, and those of its neighbours, are damped by this power of its number of readers."""


def artifact_of(book_ids: Iterable[int], events: Sequence[Event], prior: float = 0.0) -> Artifact:
    """A plain item–item model of these books and events, with all pairs of books that a reader likes.

    `prior` is how much popularity counts, whatever the number of a reader's books.
    """
    columns = EventColumns.of([list(events)])
    books = Vocabulary(np.union1d(np.array([*book_ids], dtype=np.int32), columns.books).astype(np.int32))
    histories = histories_of(columns, books)
    liked = np.zeros((len(histories.readers), len(books)), dtype=np.float32)
    readers = np.repeat(np.arange(len(histories.readers)), np.diff(histories.indptr))
    liked[readers, histories.rows] = (histories.preferences & Preference.LIKED) != 0
    readers_of_book = liked.sum(axis=0)
    damping = np.maximum(readers_of_book, 1) ** -DAMPING
    weights = damping[:, None] * (liked.T @ liked) * damping
    np.fill_diagonal(weights, 0)
    sparse = csr_array(weights)
    return Artifact(
        books=books,
        readers_of_book=readers_of_book.astype(np.int32),
        popularity=FirstLikes.of(columns, books).popularity(half_life_days=HALF_LIFE_DAYS, reference=NOW.timestamp()),
        neighbours=Neighbours(
            *(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data), prior=Prior(prior)
        ),
        histories=histories,
        manifest={
            "format": FORMAT,
            "version": "20260101T000000Z-plain0",
            "readers_revision": 0,
            "sequence": histories.sequence,
            "half_life_days": HALF_LIFE_DAYS,
            "reference_time": NOW.timestamp(),
            "prior": {"weight": prior, "growth": 0.0},
            "vocabulary_sha256": books.digest(),
        },
    )
