"""Learning a model from the catalogue and everything that readers did."""

from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np

from recommendations.domain import Event
from recommendations.model.artifact import FORMAT, Artifact, new_version
from recommendations.model.item_item import Parameters, fit, liked_matrix
from recommendations.model.standings import EventColumns, histories_of
from recommendations.model.vocabulary import Vocabulary


def train(
    book_ids: Iterable[int],
    chunks: Iterable[list[Event]],
    *,
    now: datetime,
    parameters: Parameters | None = None,
    advance: Callable[[float], None] = lambda _share: None,
) -> Artifact:
    """Learn a model; `advance` hears which share of the work, of 1 in all, is done so far.

    Books that the catalogue does not have yet take part: they are known of once they arrive.
    """
    parameters = parameters or Parameters()
    events = EventColumns.of(chunks)
    books = Vocabulary(np.union1d(np.fromiter(book_ids, dtype=np.int32), events.books).astype(np.int32))
    histories = histories_of(events, books)
    liked = liked_matrix(histories, len(books))
    neighbours = fit(liked, parameters, lambda done: advance(done / len(books)))
    return Artifact(
        books=books,
        readers_of_book=np.bincount(liked.indices, minlength=len(books)).astype(np.int32),
        neighbours=neighbours,
        histories=histories,
        manifest={
            "format": FORMAT,
            "version": new_version(now),
            "created_at": now.isoformat(),
            "parameters": parameters.as_dict(),
            "sequence": histories.sequence,
            "books": len(books),
            "readers": len(histories.readers),
            "likings": int(liked.nnz),
            "vocabulary_sha256": books.digest(),
        },
    )
