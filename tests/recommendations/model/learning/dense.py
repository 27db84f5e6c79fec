"""The models in plain NumPy, for matrices so small that all pairs are kept."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recommendations.model.learning.local_ease import LATENESS_SHRINKAGE, TrainingData
from recommendations.model.learning.parameters import Parameters
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import LASTING, SECONDS_A_DAY

NOW = 1_790_000_000.0
DAY = SECONDS_A_DAY

Floats = npt.NDArray[np.float64]
Rows = Sequence[Sequence[int]]


def matrix(rows: Rows, books: int) -> csr_array:
    """A matrix with ones where a row has a book, the entries in the order of the row."""
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.array([book for row in rows for book in row], dtype=np.int32)
    return csr_array((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(rows), books))


def rows_of(sparse: csr_array) -> list[list[int]]:
    """The books of each row, in the order of the row."""
    parts = np.split(sparse.indices, sparse.indptr[1:-1]) if sparse.shape[0] else []
    return [part.tolist() for part in parts]


def rows(books: int, *, most: int = 8, least: int = 0) -> st.SearchStrategy[list[list[int]]]:
    """The books of some readers or features."""
    row = st.lists(st.integers(0, books - 1), unique=True)
    return st.lists(row, min_size=least, max_size=most)


def score_matrix(neighbours: Neighbours) -> Floats:
    """S: books read × candidates."""
    books = len(neighbours.indptr) - 1
    return csr_array(
        (neighbours.weights.astype(np.float64), neighbours.rows, neighbours.indptr), shape=(books, books)
    ).toarray()


def together(readers: Rows, weights: Sequence[float], books: int, *, ordered: int) -> tuple[Floats, Floats]:
    """C_ji, and the part of it from readers who read i before j minus the part from those who read it after.

    Only the first `ordered` readers have an order.
    """
    pairs, precedence = np.zeros((2, books, books))
    for reader, history in enumerate(readers):
        for position, book in enumerate(history):
            for i, other in enumerate(history):
                pairs[book, other] += weights[reader]
                precedence[book, other] += weights[reader] * np.sign(position - i) * (reader < ordered)
    return pairs, precedence


def lateness(readers: Rows, books: int) -> Floats:
    """The average position of each book in its readers' histories."""
    total, count = np.zeros((2, books))
    for history in readers:
        for position, book in enumerate(history):
            count[book] += 1
            total[book] += position / (len(history) - 1) - 0.5 if len(history) > 1 else 0
    return total / (count + LATENESS_SHRINKAGE)


def recent_likes(readers: Rows, days: Rows, books: int, half_life_days: float) -> Floats:
    """The readers of each book, each halved for every half-life; `days` is how long ago each like was."""
    likes = np.zeros(books)
    for history, ages in zip(readers, days, strict=True):
        for book, age in zip(history, ages, strict=True):
            likes[book] += 2 ** (-age / half_life_days) + LASTING
    return likes


def fitted(readers: Rows, features: Rows, books: int, parameters: Parameters, days: Rows) -> Floats:
    """S by the formula in the docstring of Parameters, all pairs and neighbours kept."""
    p = parameters
    weights = [max(len(row), 1) ** -p.reader_damping for row in readers]
    weights += [p.feature_weight * max(len(row), 1) ** -0.5 for row in features]
    pairs, precedence = together([*readers, *features], weights, books, ordered=len(readers))
    targets = pairs + p.direction * precedence
    h = np.array([sum(book in row for row in readers) for book in range(books)]) + p.shrinkage
    late = lateness(readers, books)
    recent = (recent_likes(readers, days, books, p.half_life_days) / h) ** p.momentum
    # So that a book of the average reader has the factor 1.
    average = np.mean([recent[book] for row in readers for book in row] or [1.0])
    contributions = np.zeros((books, books))
    for j in range(books):
        known = np.array([i for i in range(books) if i != j and pairs[j, i] > 0], dtype=int)
        if len(known):
            system = pairs[np.ix_(known, known)] + p.regularisation * np.diag(h[known] ** p.damping)
            v = np.maximum(np.linalg.solve(system, targets[j, known]), 0) * h[known] ** p.known_boost
            length = np.linalg.norm(v) or 1.0
            contributions[known, j] = (
                v * length**-p.candidate_norm * h[j] ** -p.candidate_damping * np.exp(p.trend * late[j])
            )
            contributions[known, j] *= recent[j] / average
    return contributions


def training_data(readers: Rows, features: Rows = (), *, books: int, days: Rows | None = None) -> TrainingData:
    """The data of these readers and features; `days` is how long ago each like was, otherwise that is unknown."""
    liked = matrix(readers, books)
    ages = np.full(liked.nnz, np.nan) if days is None else np.array([age for row in days for age in row], dtype=float)
    return TrainingData(liked, matrix(features, books), NOW - DAY * ages, reference=NOW, elsewhere=np.zeros(books))


def two_circles() -> list[list[int]]:
    """Readers who each read books of only one half of twenty books."""
    rng = np.random.default_rng(0)
    return [(rng.permutation(10)[:6] + 10 * (reader % 2)).tolist() for reader in range(100)]
