"""Local EASE: a small regression for each book, on the books that share readers with it.

It is the closed form of EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"), restricted to each
book's neighbours as in SLIM (Ning and Karypis 2011), with popular books damped as in RP3β (Paudel et al. 2017) and a
regularisation that grows with a book's readers (Rendle et al. 2022, for iALS).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recommendations.model.learning import kernels
from recommendations.model.learning.threads import Advance, in_threads
from recommendations.model.neighbours import Neighbours

PRIORITY_EXPONENT = 0.25
"""How much popular books are damped when the strongest pairs are selected."""

LATENESS_SHRINKAGE = 10.0
"""Virtual readers added to every book, who read it in the middle of their histories."""

DECAY_LENGTH = 1000
"""Recency weights decay over this many books of a history; all earlier books have the last weight."""

LONGEST_HISTORY = 300
"""Books of one reader that count in C; of longer histories, a random sample."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters.

    X is readers × books, n_i is the number of readers of book i, d_u the number of books of reader u, and
    h_i = n_i + shrinkage. Content features count in C as further readers (see features.py). P is the part of C from
    readers who read book i before book j, minus the part from those who read it after.

        C = Xᵀ diag(d_u^−reader_damping) X
        (C_NN + regularisation · diag(h_N^damping)) w = C_Nj + direction · P_Nj    for each candidate j
        v_i = max(w_i, 0) h_i^known_boost
        S_ij = v_i ‖v‖^−candidate_norm h_j^−candidate_damping exp(trend · t_j)

    N are the neighbours of j, and t_j is the average position of j in its readers' histories.
    As the regularisation grows, w approaches the plain item–item form h_i^−damping C_ij.
    """

    reader_damping: float = 0.4
    """b: how much less each book counts of a reader with many books."""
    damping: float = 0.3
    """γ: how fast the regularisation grows with a book's readers."""
    regularisation: float = 25.0
    """λ."""
    known_boost: float = 0.1
    """ε: how much more a book of the history counts the more readers it has."""
    candidate_norm: float = 0.3
    """δ: how far the columns of S are normalised."""
    candidate_damping: float = 0.05
    """c: how much less a candidate scores the more readers it has."""
    trend: float = 0.7
    """τ: how much more a candidate scores the later in their histories readers read it."""
    direction: float = 0.1
    """How much more a book contributes to books read after it than to books read before it."""
    recency_decay: float = 0.2
    """r: the n-th latest book of a history, from 0, has the weight (1 + n)^−r."""
    shrinkage: float = 3.0
    """s: virtual readers added to every book, so that few readers are not taken for strong evidence."""
    feature_weight: float = 0.7
    """How much a shared content feature counts, compared with a shared reader."""
    pairs: int = 150
    """m: the books that each book is paired with, before the pairs are made symmetric."""
    neighbours: int = 100
    """k: the maximum number of books that contribute to one candidate."""


@dataclass(frozen=True)
class TrainingData:
    """Two matrices of ones: `liked`, readers × books, and content `features`, features × books.

    The entries of a row of `liked` are in reading order, the latest last.
    """

    liked: csr_array
    features: csr_array


@dataclass(frozen=True)
class Pairs:
    """The strongest entries of C, made symmetric, with its diagonal apart, and statistics of each book.

    `precedence` has a value for each entry of `together`: how much more often the row's book was read after the
    column's than before it.
    """

    together: csr_array
    precedence: npt.NDArray[np.float32]
    diagonal: npt.NDArray[np.float32]
    readers_of: npt.NDArray[np.float64]
    lateness: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Regressions:
    """For each candidate, its neighbours' row numbers, padded with -1, and their weights."""

    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    readers_of: npt.NDArray[np.float64]
    lateness: npt.NDArray[np.float64]


def fit(data: TrainingData, parameters: Parameters, advance: Advance = lambda _share: None) -> Neighbours:
    """Learn the neighbours of every book."""
    pairs = pairs_of(data, parameters, lambda share: advance(0.4 * share))
    return neighbours_of(regressions_of(pairs, parameters, lambda share: advance(0.4 + 0.6 * share)), parameters)


def pairs_of(data: TrainingData, parameters: Parameters, advance: Advance = lambda _share: None) -> Pairs:
    """Compute the strongest pairs of C: how often the same reader likes both books."""
    liked = data.liked
    books = liked.shape[1]
    readers_of = np.bincount(liked.indices, minlength=books)
    weights = _lengths(liked) ** -parameters.reader_damping
    if parameters.feature_weight and data.features.nnz:
        # A feature of many books says little about each of them.
        weights = np.concatenate([weights, parameters.feature_weight * _lengths(data.features) ** -0.5])
        liked = csr_array(vstack([liked, data.features], format="csr"))
    sampled = _sampled(liked, LONGEST_HISTORY)
    by_book, positions = _by_book(sampled, ordered=data.liked.shape[0])
    room = max(1, min(parameters.pairs, books - 1))
    rows = np.full((books, room), -1, dtype=np.int32)
    strengths, precedence = np.zeros((2, books, room), dtype=np.float32)
    diagonal = np.zeros(books, dtype=np.float32)
    priority = (readers_of + parameters.shrinkage) ** -PRIORITY_EXPONENT
    in_threads(
        kernels.strongest_pairs,
        *(*_compressed(sampled), *_compressed(by_book), positions, _float32(weights), _float32(priority)),
        outputs=(rows, strengths, precedence, diagonal),
        count=books,
        advance=advance,
    )
    del sampled, by_book, positions
    both = _mutual(_sparse(rows, strengths + np.complex64(1j) * precedence))
    together = csr_array((both.data.real, both.indices, both.indptr), shape=both.shape)
    return Pairs(together, both.data.imag, diagonal, readers_of.astype(np.float64), _lateness(data.liked))


def _mutual(kept: csr_array) -> csr_array:
    """Keep a pair for both books if either kept it.

    The real parts are strengths, which are symmetric, the imaginary parts precedence, which is antisymmetric: so the
    matrix is Hermitian.
    """
    adjoint = csr_array(kept.conj().T.tocsr())
    both = csr_array(kept + adjoint)
    kept.data, adjoint.data = np.ones((2, kept.nnz), dtype=np.float32)
    # The sum is twice the value where both books kept the pair.
    both.data /= (kept + adjoint).data
    return both


def regressions_of(pairs: Pairs, parameters: Parameters, advance: Advance = lambda _share: None) -> Regressions:
    """Compute the weights w of every candidate's neighbours."""
    books = len(pairs.diagonal)
    damped = (pairs.readers_of + parameters.shrinkage) ** parameters.damping
    room = max(1, min(parameters.neighbours, books - 1))
    rows = np.full((books, room), -1, dtype=np.int32)
    weights = np.zeros((books, room), dtype=np.float32)
    indptr, indices = _compressed(pairs.together)
    strengths = _float32(pairs.together.data)
    targets = strengths + np.float32(parameters.direction) * pairs.precedence
    in_threads(
        kernels.regressions,
        *(indptr, indices, strengths, targets, pairs.diagonal),
        *(_float32(1 / damped), _float32(parameters.regularisation * damped)),
        outputs=(rows, weights),
        count=books,
        advance=advance,
    )
    return Regressions(rows, weights, pairs.readers_of, pairs.lateness)


def neighbours_of(regressions: Regressions, parameters: Parameters) -> Neighbours:
    """Compute S from the weights."""
    shrunk = regressions.readers_of + parameters.shrinkage
    contributions = np.where(regressions.rows >= 0, np.maximum(regressions.weights, 0), 0)
    contributions *= _float32(shrunk**parameters.known_boost)[regressions.rows]
    lengths = np.sqrt(np.square(contributions).sum(axis=1, dtype=np.float64))
    scale = np.where(lengths > 0, lengths, 1) ** -parameters.candidate_norm
    scale *= shrunk**-parameters.candidate_damping * np.exp(parameters.trend * regressions.lateness)
    contributions *= _float32(scale)[:, np.newaxis]
    decay = _float32(np.arange(1, DECAY_LENGTH + 1) ** -parameters.recency_decay)
    by_known = csr_array(_sparse(np.where(contributions > 0, regressions.rows, -1), contributions).T.tocsr())
    by_known.sort_indices()
    return Neighbours(by_known.indptr.astype(np.int64), by_known.indices.astype(np.int32), by_known.data, decay)


def _by_book(matrix: csr_array, *, ordered: int) -> tuple[csr_array, npt.NDArray[np.int32]]:
    """X by book, and each entry's position in the reader's history, -1 for rows from `ordered` on."""
    positions = (np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))).astype(np.int32)
    positions[matrix.indptr[ordered] :] = -1
    # SciPy transposes in one pass, ten times as fast as sorting.
    transposed = csr_array((positions, matrix.indices, matrix.indptr), shape=matrix.shape).tocsc()
    ones = np.ones(matrix.nnz, dtype=matrix.dtype)
    return csr_array((ones, transposed.indices, transposed.indptr), shape=matrix.shape[::-1]), transposed.data


def _lateness(liked: csr_array) -> npt.NDArray[np.float64]:
    """The average position of each book in its readers' histories, from −1/2 (first) to 1/2 (last)."""
    lengths = np.diff(liked.indptr)
    positions = np.arange(liked.nnz) - np.repeat(liked.indptr[:-1], lengths)
    spans = np.repeat(lengths - 1, lengths)
    late = np.where(spans > 0, positions / np.maximum(spans, 1) - 0.5, 0)
    books = liked.shape[1]
    total = np.bincount(liked.indices, late, minlength=books)
    return total / (np.bincount(liked.indices, minlength=books) + LATENESS_SHRINKAGE)


def _lengths(matrix: csr_array) -> npt.NDArray[np.float64]:
    lengths: npt.NDArray[np.float64] = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
    return lengths


def _sampled(liked: csr_array, limit: int) -> csr_array:
    """The matrix with a random sample of `limit` books of each reader who has more."""
    lengths = np.diff(liked.indptr)
    if not len(lengths) or lengths.max() <= limit:
        return liked
    rng = np.random.default_rng(0)
    kept = np.ones(liked.nnz, dtype=np.bool_)
    for reader in np.flatnonzero(lengths > limit):
        start, stop = liked.indptr[reader : reader + 2]
        kept[start:stop] = False
        kept[start + rng.choice(stop - start, limit, replace=False)] = True
    indptr = np.concatenate([[0], np.cumsum(np.minimum(lengths, limit))])
    return csr_array((liked.data[kept], liked.indices[kept], indptr), shape=liked.shape)


def _sparse(rows: npt.NDArray[np.int32], values: npt.NDArray[Any]) -> csr_array:
    """A square sparse matrix from the column numbers and values of its rows, padded with column -1."""
    present = rows >= 0
    indptr = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    matrix = csr_array((values[present], rows[present], indptr), shape=(len(rows), len(rows)))
    matrix.sort_indices()
    return matrix


def _compressed(matrix: csr_array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


def _float32(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)
