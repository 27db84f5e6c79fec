"""The prediction task on which all models are evaluated: a training part, and the books to predict."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommendations.evaluation.interactions import ReaderBooks, pair_keys
from recommendations.evaluation.split import Split
from recommendations.model.vocabulary import Ids, Vocabulary

CHUNK = 500
"""The number of readers whose lists are computed at a time, to bound memory."""


@dataclass(frozen=True)
class Task:
    """Predict the `wanted` books of each evaluated reader, in a list of `k` books.

    `catalogue` has the books that may be recommended. `known` are each reader's books in the training part, and
    `liked` those of them that the reader likes; models must not use `wanted`.
    """

    catalogue: Vocabulary
    known: ReaderBooks
    liked: ReaderBooks
    wanted: ReaderBooks
    k: int
    seed: int

    def chunks(self) -> Iterator[Ids]:
        """The ids of the readers to evaluate, ascending, in chunks."""
        readers = self.wanted.readers.ids
        for start in range(0, len(readers), CHUNK):
            yield readers[start : start + CHUNK]

    def save(self, path: Path) -> None:
        """Write the task to a file for other processes."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "catalogue": self.catalogue.ids,
            "numbers": np.array([self.k, self.seed]),
        }
        for name in _SETS:
            books: ReaderBooks = getattr(self, name)
            arrays |= {
                f"{name}_readers": books.readers.ids,
                f"{name}_indptr": books.indptr,
                f"{name}_books": books.books,
            }
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Task":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            k, seed = arrays["numbers"].tolist()
            sets = {
                name: ReaderBooks(
                    Vocabulary(arrays[f"{name}_readers"]), arrays[f"{name}_indptr"], arrays[f"{name}_books"]
                )
                for name in _SETS
            }
            return cls(catalogue=Vocabulary(arrays["catalogue"]), **sets, k=k, seed=seed)


_SETS = ("known", "liked", "wanted")


@dataclass(frozen=True)
class Counts:
    """The size of a task, and what no model can predict because of the split.

    `unknown_readers` are only in the test part and are not evaluated. `unknown_books` are only in the test part; they
    are still wanted, `unknown_wanted` times in total, and count against every model. `known_already` counts likes in
    the test part of books that the reader already has in the training part, which are not wanted. `undated`
    interactions are in neither part.
    """

    readers: int
    books: int
    training_interactions: int
    test_interactions: int
    wanted: int
    unknown_readers: int
    unknown_books: int
    unknown_wanted: int
    known_already: int
    undated: int


def make_task(split: Split, books: Ids, *, k: int, seed: int) -> tuple[Task, Counts]:
    """Make the task of a split; the catalogue has `books` and the books of the training part."""
    training, test = split.training, split.test
    known, liked = training.known_and_liked()
    readers, liked_later = test.known_and_liked()[1].pairs()
    evaluated = np.isin(readers, known.readers.ids)
    new = ~np.isin(pair_keys(readers, liked_later), pair_keys(*known.pairs()))
    wanted = ReaderBooks.of(readers[evaluated & new], liked_later[evaluated & new])
    task = Task(
        catalogue=Vocabulary(np.union1d(books, training.books).astype(np.int32)),
        known=known,
        liked=liked,
        wanted=wanted,
        k=k,
        seed=seed,
    )
    counts = Counts(
        readers=len(wanted.readers),
        books=len(task.catalogue),
        training_interactions=len(training),
        test_interactions=len(test),
        wanted=len(wanted),
        unknown_readers=_absent(np.unique(test.readers), known.readers.ids),
        unknown_books=_absent(np.unique(test.books), training.books),
        unknown_wanted=_absent(wanted.books, training.books),
        known_already=int(np.count_nonzero(~new)),
        undated=split.undated,
    )
    return task, counts


def _absent(ids: Ids, present: Ids) -> int:
    return int(np.count_nonzero(~np.isin(ids, present)))
