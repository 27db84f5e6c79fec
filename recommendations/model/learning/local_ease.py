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
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.threads import Advance, in_threads
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import Popularity, Prior

PRIORITY_EXPONENT = 0.25
"""How much popular books are damped when the strongest pairs are selected."""

Floats = npt.NDArray[np.float64]

LATENESS_SHRINKAGE = 10.0
"""Virtual readers added to every book, who read it in the middle of their histories."""

DECAY_LENGTH = 1000
"""Recency weights decay over this many books of a history; all earlier books have the last weight."""

LONGEST_HISTORY = 300
"""Books of one reader that count in C; of longer histories, a random sample."""


@dataclass(frozen=True)
class TrainingData:
    """Two matrices of ones: `liked`, readers × books, and content `features`, features × books.

    The entries of a row of `liked` are in reading order, the latest last; `times` has the time of each, NaN where
    unknown, and `reference` the time from which the future begins, in seconds since 1970. `elsewhere` is the
    popularity of each book elsewhere, see popularity.liked_elsewhere.
    """

    liked: csr_array
    features: csr_array
    times: Floats
    reference: float
    elsewhere: Floats

    def recent_likes(self, half_life_days: float) -> Floats:
        """The readers of each book, each halved for every half-life."""
        nothing = Popularity(np.empty(0), half_life_days, self.reference)
        weights = np.bincount(self.liked.indices, nothing.weight_of(self.times), minlength=self.liked.shape[1])
        return weights.astype(np.float64, copy=False)


@dataclass(frozen=True)
class Pairs:
    """The strongest entries of C, made symmetric, with its diagonal apart, and statistics of each book.

    `precedence` has a value for each entry of `together`: how much more often the row's book was read after the
    column's than before it.
    """

    together: csr_array
    precedence: npt.NDArray[np.float32]
    diagonal: npt.NDArray[np.float32]
    readers_of: Floats
    lateness: Floats


@dataclass(frozen=True)
class Regressions:
    """For each candidate, its neighbours' row numbers, padded with -1, and their weights."""

    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    readers_of: Floats
    lateness: Floats


def fit(data: TrainingData, parameters: Parameters, advance: Advance = lambda _share: None) -> Neighbours:
    """Learn the neighbours of every book."""
    if not parameters.neighbours:
        return popularity_alone(data.liked.shape[1])
    pairs = pairs_of(data, parameters, lambda share: advance(0.4 * share))
    regressions = regressions_of(pairs, parameters, lambda share: advance(0.4 + 0.6 * share))
    return neighbours_of(regressions, parameters, data.recent_likes(parameters.half_life_days))


def popularity_alone(books: int) -> Neighbours:
    """No neighbours, so that popularity decides."""
    empty = np.empty(0, dtype=np.int32)
    return Neighbours(np.zeros(books + 1, dtype=np.int64), empty, empty.astype(np.float32), prior=Prior(1.0))


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


def neighbours_of(regressions: Regressions, parameters: Parameters, recent_likes: Floats) -> Neighbours:
    """Compute S from the weights, and the prior from the typical size of S."""
    shrunk = regressions.readers_of + parameters.shrinkage
    contributions = np.where(regressions.rows >= 0, np.maximum(regressions.weights, 0), 0)
    contributions *= _float32(shrunk**parameters.known_boost)[regressions.rows]
    lengths = np.sqrt(np.square(contributions).sum(axis=1, dtype=np.float64))
    scale = np.where(lengths > 0, lengths, 1) ** -parameters.candidate_norm
    scale *= shrunk**-parameters.candidate_damping * np.exp(parameters.trend * regressions.lateness)
    scale *= _momentum(recent_likes / shrunk, regressions.readers_of, parameters.momentum)
    contributions *= _float32(scale)[:, np.newaxis]
    decay = _float32(np.arange(1, DECAY_LENGTH + 1) ** -parameters.recency_decay)
    by_known = csr_array(_sparse(np.where(contributions > 0, regressions.rows, -1), contributions).T.tocsr())
    by_known.sort_indices()
    # SciPy finds no maxima in an empty matrix.
    nearest = by_known.max(axis=1).toarray() if len(shrunk) else shrunk
    # Without any neighbours all weights give the same lists.
    unit = _mean_of_readers(nearest, regressions.readers_of) or 1.0
    prior = Prior(parameters.popularity_weight * unit, parameters.popularity_growth)
    return Neighbours(
        by_known.indptr.astype(np.int64), by_known.indices.astype(np.int32), by_known.data, decay, prior
    )


def _momentum(recent: Floats, readers_of: Floats, exponent: float) -> Floats:
    """The factors of candidates whose share of recent readers is `recent`, 1 for the average reader's book."""
    factors: Floats = recent**exponent
    return factors / (_mean_of_readers(factors, readers_of) or 1.0)


def _mean_of_readers(values: npt.NDArray[Any], readers_of: Floats) -> float:
    """The mean over all readers' books."""
    return float(values @ readers_of / max(readers_of.sum(), 1.0))


def _by_book(matrix: csr_array, *, ordered: int) -> tuple[csr_array, npt.NDArray[np.int32]]:
    """X by book, and each entry's position in the reader's history, -1 for rows from `ordered` on."""
    positions = (np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))).astype(np.int32)
    positions[matrix.indptr[ordered] :] = -1
    # SciPy transposes in one pass, ten times as fast as sorting.
    transposed = csr_array((positions, matrix.indices, matrix.indptr), shape=matrix.shape).tocsc()
    ones = np.ones(matrix.nnz, dtype=matrix.dtype)
    return csr_array((ones, transposed.indices, transposed.indptr), shape=matrix.shape[::-1]), transposed.data


def _lateness(liked: csr_array) -> Floats:
    """The average position of each book in its readers' histories, from −1/2 (first) to 1/2 (last)."""
    lengths = np.diff(liked.indptr)
    positions = np.arange(liked.nnz) - np.repeat(liked.indptr[:-1], lengths)
    spans = np.repeat(lengths - 1, lengths)
    late = np.where(spans > 0, positions / np.maximum(spans, 1) - 0.5, 0)
    books = liked.shape[1]
    total = np.bincount(liked.indices, late, minlength=books)
    return total / (np.bincount(liked.indices, minlength=books) + LATENESS_SHRINKAGE)


def _lengths(matrix: csr_array) -> Floats:
    lengths: Floats = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
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
