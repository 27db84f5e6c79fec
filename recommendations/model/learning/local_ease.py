"""Local EASE: for every book a small regression on the books whose readers also read it.

The closed form of EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data") restricted, as in SLIM
(Ning and Karypis 2011), to the neighbours of each book, with the damping of popular books of RP3β (Paudel et al.
2017) and a regularisation that grows with a book's readers (Rendle et al. 2022, for iALS).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recommendations.model.learning import kernels
from recommendations.model.learning.threads import Advance, in_threads
from recommendations.model.neighbours import Neighbours

PREFERENCE = 0.25
"""How much a book that many read is kept back when the pairs worth keeping are chosen."""

LATENESS_SHRINKAGE = 10.0
"""Readers in the middle of whose histories a book is taken to stand besides those that it has."""

MOST_FADING = 1000
"""Books of a history that fade one by one; those before them count like the last."""

LONGEST = 300
"""Books of one reader that take part in the pairs: a random sample of those who have thousands."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What the family leaves open; X is readers × books, n_i the readers of book i, h_i = n_i + shrinkage.

    C = Xᵀ diag(d_u^−reader_damping) X with d_u the books of reader u, and what is said about the books added to it
    as if it were readers' (see traits.py). For each candidate j the weights w of its neighbours N solve
    (C_NN + regularisation · diag(h_N^damping)) w = C_Nj. Of them the positive ones count:
    v_i = w_i h_i^known_boost, and S_ij = v_i ‖v‖^−candidate_norm h_j^−candidate_damping exp(trend · t_j), with t_j
    where in their histories readers take j up.

    As the regularisation grows, w becomes the plain item–item form h_i^−damping C_ij.
    """

    reader_damping: float = 0.4
    """b: how much less each book of a reader with many books counts."""
    damping: float = 0.3
    """γ: how the regularisation grows with a book's readers."""
    regularisation: float = 25.0
    """λ."""
    known_boost: float = 0.1
    """ε: how much more a book of the history counts the more readers it has."""
    candidate_norm: float = 0.3
    """δ: how far candidates are made equals, whatever the length of their column of S."""
    candidate_damping: float = 0.05
    """c: how much less a candidate counts the more readers it has."""
    trend: float = 0.7
    """τ: how much more a candidate counts the later in their histories readers take it up."""
    direction: float = 0.1
    """δ: how much more a book speaks for those taken up after it than for those before."""
    fading: float = 0.2
    """r: the n-th latest book of a history, from 0, counts (1 + n)^−r."""
    shrinkage: float = 3.0
    """s: readers added to every book, so that few are not taken for much."""
    traits: float = 0.7
    """How much a trait that books share counts beside a reader whom they share."""
    pairs: int = 150
    """m: how many other books each book is paired with, before the pairs are made mutual."""
    neighbours: int = 100
    """k: the books, at most, that speak for one candidate."""

    def as_dict(self) -> dict[str, float]:
        """The parameters by name, for the manifest."""
        return asdict(self)


@dataclass(frozen=True)
class Likings:
    """What there is to learn from: `liked`, readers × books, and `traits`, traits × books, both of ones.

    The entries of a row of `liked` are in the order in which the reader took the books up, the latest last.
    """

    liked: csr_array
    traits: csr_array


@dataclass(frozen=True)
class Pairs:
    """C, of each row the strongest entries, made symmetric; its diagonal apart; and the readers of each book."""

    together: csr_array
    leads: npt.NDArray[np.float32]
    diagonal: npt.NDArray[np.float32]
    readers_of: npt.NDArray[np.float64]
    lateness: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Regressions:
    """For each candidate a row of the books that may speak for it, -1 where there are fewer, and their weights."""

    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    readers_of: npt.NDArray[np.float64]
    lateness: npt.NDArray[np.float64]


def fit(likings: Likings, parameters: Parameters, advance: Advance = lambda _share: None) -> Neighbours:
    """Learn the neighbours of every book."""
    pairs = pairs_of(likings, parameters, lambda share: advance(0.4 * share))
    return neighbours_of(regressions_of(pairs, parameters, lambda share: advance(0.4 + 0.6 * share)), parameters)


def pairs_of(likings: Likings, parameters: Parameters, advance: Advance = lambda _share: None) -> Pairs:
    """How often any two books are liked by one reader: C."""
    liked = likings.liked
    books = liked.shape[1]
    readers_of = np.bincount(liked.indices, minlength=books)
    weights = _lengths(liked) ** -parameters.reader_damping
    if parameters.traits and likings.traits.nnz:
        # A trait of many books says little of each.
        weights = np.concatenate([weights, parameters.traits * _lengths(likings.traits) ** -0.5])
        liked = csr_array(vstack([liked, likings.traits], format="csr"))
    some = _at_most(liked, LONGEST)
    by_book, places = _by_book(some, ordered=likings.liked.shape[0])
    room = max(1, min(parameters.pairs, books - 1))
    rows = np.full((books, room), -1, dtype=np.int32)
    strengths, leads = np.zeros((2, books, room), dtype=np.float32)
    diagonal = np.zeros(books, dtype=np.float32)
    preference = (readers_of + parameters.shrinkage) ** -PREFERENCE
    in_threads(
        kernels.strongest_pairs,
        *(*_compressed(some), *_compressed(by_book), places, _float32(weights), _float32(preference)),
        outputs=(rows, strengths, leads, diagonal),
        count=books,
        advance=advance,
    )
    del some, by_book, places
    together, leads_of = _mutual(rows, strengths, leads)
    return Pairs(together, leads_of, diagonal, readers_of.astype(np.float64), _lateness(likings.liked))


def _mutual(
    rows: npt.NDArray[np.int32], strengths: npt.NDArray[np.float32], leads: npt.NDArray[np.float32]
) -> tuple[csr_array, npt.NDArray[np.float32]]:
    """The pairs kept by either of the two books, for both: the strengths, and beside them the leads."""
    # What i leads j by, j follows i by: the conjugate.
    kept = _sparse(rows, strengths + np.complex64(1j) * leads)
    turned = csr_array(kept.conj().T.tocsr())
    indptr = np.zeros(len(rows) + 1, dtype=np.int64)
    indices = np.empty(2 * kept.nnz, dtype=np.int32)
    reals, imaginaries = np.empty((2, 2 * kept.nnz), dtype=np.float32)
    united: Callable[..., None] = kernels.united
    united(
        *(*_compressed(kept), kept.data),
        *(*_compressed(turned), turned.data),
        *(indptr, indices, reals, imaginaries),
    )
    count = int(indptr[-1])
    return csr_array((reals[:count], indices[:count], indptr), shape=kept.shape), imaginaries[:count]


def regressions_of(pairs: Pairs, parameters: Parameters, advance: Advance = lambda _share: None) -> Regressions:
    """The weights w of every candidate."""
    books = len(pairs.diagonal)
    damped = (pairs.readers_of + parameters.shrinkage) ** parameters.damping
    room = max(1, min(parameters.neighbours, books - 1))
    rows = np.full((books, room), -1, dtype=np.int32)
    weights = np.zeros((books, room), dtype=np.float32)
    indptr, indices = _compressed(pairs.together)
    strengths = _float32(pairs.together.data)
    in_threads(
        kernels.regressions,
        *(indptr, indices, strengths, strengths + np.float32(parameters.direction) * pairs.leads, pairs.diagonal),
        *(_float32(1 / damped), _float32(parameters.regularisation * damped)),
        outputs=(rows, weights),
        count=books,
        advance=advance,
    )
    return Regressions(rows, weights, pairs.readers_of, pairs.lateness)


def neighbours_of(regressions: Regressions, parameters: Parameters) -> Neighbours:
    """S, from the weights."""
    damped = regressions.readers_of + parameters.shrinkage
    speaking = np.where(regressions.rows >= 0, np.maximum(regressions.weights, 0), 0)
    speaking *= _float32(damped**parameters.known_boost)[regressions.rows]
    lengths = np.sqrt(np.square(speaking).sum(axis=1, dtype=np.float64))
    # A candidate whom nothing speaks for stays so, whatever it is divided by.
    scale = np.where(lengths > 0, lengths, 1) ** -parameters.candidate_norm
    speaking *= _float32(
        scale * damped**-parameters.candidate_damping * np.exp(parameters.trend * regressions.lateness)
    )[:, np.newaxis]
    fading = _float32(np.arange(1, MOST_FADING + 1) ** -parameters.fading)
    by_known = csr_array(_sparse(np.where(speaking > 0, regressions.rows, -1), speaking).T.tocsr())
    by_known.sort_indices()
    return Neighbours(by_known.indptr.astype(np.int64), by_known.indices.astype(np.int32), by_known.data, fading)


def _by_book(matrix: csr_array, *, ordered: int) -> tuple[csr_array, npt.NDArray[np.int32]]:
    """X by book, and for each entry its place in the reader's row, -1 for rows from `ordered` on."""
    places = (np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))).astype(np.int32)
    places[matrix.indptr[ordered] :] = -1
    # SciPy turns a matrix in one go through its entries, which sorting takes ten times as long for.
    turned = csr_array((places, matrix.indices, matrix.indptr), shape=matrix.shape).tocsc()
    ones = np.ones(matrix.nnz, dtype=matrix.dtype)
    return csr_array((ones, turned.indices, turned.indptr), shape=matrix.shape[::-1]), turned.data


def _lateness(liked: csr_array) -> npt.NDArray[np.float64]:
    """Where in their readers' histories each book stands on average, from −1/2, first, to 1/2, last."""
    lengths = np.diff(liked.indptr)
    places = np.arange(liked.nnz) - np.repeat(liked.indptr[:-1], lengths)
    spans = np.repeat(lengths - 1, lengths)
    late = np.where(spans > 0, places / np.maximum(spans, 1) - 0.5, 0)
    books = liked.shape[1]
    total = np.bincount(liked.indices, late, minlength=books)
    return total / (np.bincount(liked.indices, minlength=books) + LATENESS_SHRINKAGE)


def _lengths(matrix: csr_array) -> npt.NDArray[np.float64]:
    lengths: npt.NDArray[np.float64] = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
    return lengths


def _at_most(liked: csr_array, most: int) -> csr_array:
    """The same matrix with at most `most` books a reader, a random sample of the others' places."""
    lengths = np.diff(liked.indptr)
    if not len(lengths) or lengths.max() <= most:
        return liked
    rng = np.random.default_rng(0)
    kept = np.ones(liked.nnz, dtype=np.bool_)
    for reader in np.flatnonzero(lengths > most):
        start, stop = liked.indptr[reader : reader + 2]
        kept[start:stop] = False
        kept[start + rng.choice(stop - start, most, replace=False)] = True
    indptr = np.concatenate([[0], np.cumsum(np.minimum(lengths, most))])
    return csr_array((liked.data[kept], liked.indices[kept], indptr), shape=liked.shape)


def _sparse(rows: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> csr_array:
    """Rows of one width, padded where the column is -1, as a square sparse matrix."""
    real = rows >= 0
    indptr = np.concatenate([[0], np.cumsum(real.sum(axis=1))])
    matrix = csr_array((values[real], rows[real], indptr), shape=(len(rows), len(rows)))
    matrix.sort_indices()
    return matrix


def _compressed(matrix: csr_array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


def _float32(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)
