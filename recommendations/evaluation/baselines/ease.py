"""EASE (Steck 2019): a dense linear item–item model in closed form."""

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import spotrf, spotri
from scipy.sparse import csr_matrix

from recommendations.evaluation.baselines.matrix import liked_matrix
from recommendations.evaluation.baselines.simple import Ranker
from recommendations.evaluation.baselines.tuning import Parameters, Space
from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import ABSENT, Ids

BLOCK = 256
"""Rows of the matrix that are computed at a time, to bound what is needed beside it."""

SPACE = Space(
    start={"regularisation": 100.0},
    values={"regularisation": (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)},
    # The start and both its neighbours: with fewer the regularisation would not be tuned at all.
    fewest=3,
)

Floats = npt.NDArray[np.float32]


def weights(liked: csr_matrix, regularisation: float) -> Floats:
    """B = I − P · diag(1 / diag P) with P = (XᵀX + λI)⁻¹, books × books with a zero diagonal; X is `liked`, λ > 0.

    Needs the memory of the result and a few of its rows. Raises LinAlgError if λ is too small for 32-bit numbers.
    """
    gram = _gram(liked)
    if not len(gram):
        return gram
    diagonal = np.arange(len(gram))
    gram[diagonal, diagonal] += np.float32(regularisation)
    # LAPACK has columns where NumPy has rows; the matrix is symmetric. It is overwritten.
    factor, info = spotrf(gram.T, lower=0, clean=0, overwrite_a=1)
    if info == 0:
        inverse, info = spotri(factor, lower=0, overwrite_c=1)
    if info != 0:
        raise np.linalg.LinAlgError(f"EASE: regularisation {regularisation:g} is too small: LAPACK returned {info}")
    matrix: Floats = inverse.T
    _mirror(matrix)
    scale = -1 / matrix[diagonal, diagonal]
    for start in range(0, len(matrix), BLOCK):
        matrix[start : start + BLOCK] *= scale
    matrix[diagonal, diagonal] = 0
    return matrix


def train_ease(task: Task, parameters: Parameters) -> Ranker:
    """Fit EASE to the liked books; a reader who likes nothing gets an empty list."""
    everything = liked_matrix(task).tocsc()
    # Books that nobody likes have no weights, and would only make the matrix larger.
    used = np.flatnonzero(np.diff(everything.indptr))
    liked = csr_matrix(everything[:, used])
    items = weights(liked, parameters["regularisation"])
    books = task.catalogue.ids[used]

    def ranked(readers: Ids) -> list[list[int]]:
        rows = task.liked.readers.rows(readers)
        present = np.flatnonzero(rows != ABSENT)
        lists: list[list[int]] = [[] for _ in readers]
        if not len(present):
            return lists
        scores = liked[rows[present]] @ items
        for position, of_reader in zip(present.tolist(), scores, strict=True):
            known = task.known.of_reader(int(readers[position]))
            of_reader[np.isin(books, known, assume_unique=True)] = -np.inf
            lists[position] = books[_best(of_reader, task.k)].tolist()
        return lists

    return ranked


def _gram(liked: csr_matrix) -> Floats:
    """XᵀX, dense, computed block by block."""
    books = liked.shape[1]
    matrix = np.empty((books, books), dtype=np.float32)
    by_book = liked.T.tocsr()
    for start in range(0, books, BLOCK):
        matrix[start : start + BLOCK] = (by_book[start : start + BLOCK] @ liked).toarray()
    return matrix


def _mirror(matrix: Floats) -> None:
    """Copy the lower triangle to the upper one, in place."""
    for start in range(0, len(matrix), BLOCK):
        stop = start + BLOCK
        block = np.tril(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = block + np.tril(block, -1).T
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T


def _best(scores: Floats, count: int) -> npt.NDArray[np.intp]:
    """The positions of the highest scores, the highest first, without those of -inf; of equal ones the first."""
    top = np.argpartition(-scores, min(count, len(scores)) - 1)[:count]
    top = top[np.lexsort((top, -scores[top]))]
    return top[np.isfinite(scores[top])]
