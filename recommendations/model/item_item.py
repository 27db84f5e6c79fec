"""Item–item neighbours: readers of this book also read that one."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recommendations.domain import Standing
from recommendations.model.neighbours import Neighbours
from recommendations.model.standings import Histories

BLOCK = 1024
"""Books whose co-occurrences are held at once; bounds the memory."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The plain item–item form, S = (D + s)^−a · Xᵀ diag(d_u^−b) X · (D + s)^−c with D the readers of each book.

    Roots: RP3β (Paudel et al. 2017) and the item–item form that EASE (Steck 2019) tends to as its
    regularisation grows.
    """

    reader_damping: float = 0.4
    """b: how much less each book of a reader with many books counts."""
    known_damping: float = 0.55
    """a: how much less a book of the history counts the more readers it has."""
    candidate_damping: float = 0.25
    """c: how much less a candidate counts the more readers it has."""
    shrinkage: float = 8.0
    """s: readers added to every book, so that few are not taken for much."""
    neighbours: int = 100
    """k: the books of a history, at most, that speak for one candidate."""

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for the manifest."""
        return asdict(self)


def liked_matrix(histories: Histories, books: int) -> csr_array:
    """X: readers × books, 1 where the reader likes the book."""
    liked = (histories.standings & Standing.LIKED) != 0
    indptr = np.concatenate([[0], np.cumsum(liked)])[histories.indptr]
    rows = histories.rows[liked]
    ones = np.ones(len(rows), dtype=np.float32)
    return csr_array((ones, rows, indptr), shape=(len(histories.readers), books))


def fit(liked: csr_array, parameters: Parameters, advance: Callable[[int], None] = lambda _books: None) -> Neighbours:
    """Learn the neighbours of every book; `advance` hears how many books are done so far."""
    books = liked.shape[1]
    readers_of = np.bincount(liked.indices, minlength=books).astype(np.float32) + parameters.shrinkage
    books_of = np.maximum(np.diff(liked.indptr), 1).astype(np.float32)
    known = readers_of**-parameters.known_damping
    candidate = readers_of**-parameters.candidate_damping
    weighted = csr_array(
        (np.repeat(books_of**-parameters.reader_damping, np.diff(liked.indptr)), liked.indices, liked.indptr),
        shape=liked.shape,
    )
    by_candidate = weighted.T.tocsr()
    known_rows, candidates, weights = [], [], []
    for start in range(0, books, BLOCK):
        stop = min(start + BLOCK, books)
        together = (by_candidate[start:stop] @ liked).tocsr()
        for candidate_row in range(start, stop):
            span = slice(*together.indptr[candidate_row - start : candidate_row - start + 2])
            rows = together.indices[span]
            kept, strength = _strongest(rows, together.data[span] * known[rows], candidate_row, parameters.neighbours)
            known_rows.append(kept)
            weights.append(strength * candidate[candidate_row])
            candidates.append(np.full(len(kept), candidate_row, dtype=np.int32))
        advance(stop)
    return _by_known_book(known_rows, candidates, weights, books)


def _strongest(
    rows: npt.NDArray[np.int32], strengths: npt.NDArray[np.float32], itself: int, most: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    others = rows != itself
    rows, strengths = rows[others], strengths[others]
    if len(rows) > most:
        strongest = np.argpartition(strengths, len(rows) - most)[-most:]
        rows, strengths = rows[strongest], strengths[strongest]
    return rows, strengths


def _by_known_book(
    known_rows: list[npt.NDArray[np.int32]],
    candidates: list[npt.NDArray[np.int32]],
    weights: list[npt.NDArray[np.float32]],
    books: int,
) -> Neighbours:
    if not known_rows:
        empty = np.empty(0, dtype=np.int32)
        return Neighbours(np.zeros(1, dtype=np.int64), empty, empty.astype(np.float32))
    known = np.concatenate(known_rows)
    # The candidates come in ascending order, which a stable sort keeps within each known book.
    order = np.argsort(known, kind="stable")
    indptr = np.searchsorted(known[order], np.arange(books + 1)).astype(np.int64)
    return Neighbours(indptr, np.concatenate(candidates)[order], np.concatenate(weights)[order].astype(np.float32))
