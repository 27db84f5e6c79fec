"""Local EASE follows its formula, and does not depend on threads or block sizes."""

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.learning import threads
from recommendations.model.learning.local_ease import (
    LATENESS_SHRINKAGE,
    LONGEST_HISTORY,
    TrainingData,
    fit,
    pairs_of,
)
from recommendations.model.learning.parameters import Parameters
from recommendations.model.neighbours import Neighbours
from tests.recommendations.model.learning import dense

BOOKS = 7
parameters = st.builds(
    Parameters,
    reader_damping=st.sampled_from([0.0, 0.4, 1.0]),
    damping=st.sampled_from([0.0, 0.3, 1.0]),
    regularisation=st.sampled_from([1.0, 25.0, 1e4]),
    known_boost=st.sampled_from([0.0, 0.2]),
    candidate_norm=st.sampled_from([0.0, 0.3, 1.0]),
    candidate_damping=st.sampled_from([0.0, 0.4]),
    trend=st.sampled_from([0.0, 2.0]),
    direction=st.sampled_from([0.0, 0.3]),
    half_life_days=st.sampled_from([2.0, 30.0]),
    momentum=st.sampled_from([0.0, 0.5, 1.0]),
    popularity_weight=st.sampled_from([0.0, 0.3, 10.0]),
    popularity_growth=st.sampled_from([0.0, 0.5]),
    shrinkage=st.sampled_from([1.0, 8.0]),
    feature_weight=st.sampled_from([0.0, 0.7]),
)


def training_data(
    readers: dense.Rows, features: dense.Rows = (), books: int = BOOKS, days: dense.Rows | None = None
) -> TrainingData:
    return dense.training_data(readers, features, books=books, days=days)


def same(first: Neighbours, second: Neighbours) -> bool:
    columns = ("indptr", "rows", "weights", "decay")
    arrays = all(np.array_equal(getattr(first, column), getattr(second, column)) for column in columns)
    return arrays and first.prior == second.prior


def crowd(readers: int, books: int, each: int, seed: int = 0) -> list[list[int]]:
    """Readers of so many books each."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(books)[:each].tolist() for _ in range(readers)]


@pytest.mark.slow
@given(dense.rows(BOOKS, most=12), dense.rows(BOOKS, most=3), parameters, st.integers(0, 100))
def test_a_small_fit_equals_the_formula(
    readers: dense.Rows, features: dense.Rows, chosen: Parameters, seed: int
) -> None:
    """If all pairs and neighbours are kept, S and the prior are as in the docstring of Parameters."""
    rng = np.random.default_rng(seed)
    days = [rng.integers(0, 60, len(history)).tolist() for history in readers]
    learned = fit(training_data(readers, features, days=days), chosen)
    found = dense.score_matrix(learned)
    expected = dense.fitted(readers, features, BOOKS, chosen, days)
    # A weight of 0 may be rounded up a little; dividing it by a power of itself amplifies the error.
    tolerance = 1e-4 * max(1.0, float(expected.max()))
    assert found == pytest.approx(expected, rel=2e-3, abs=tolerance)
    # Of a book of the history, what it adds to its nearest neighbour; on average over all readers' books.
    nearest = np.mean([found[book].max() for history in readers for book in history] or [0.0]) or 1.0
    assert learned.prior.weight == pytest.approx(chosen.popularity_weight * nearest, rel=1e-5)
    assert learned.prior.growth == chosen.popularity_growth


def test_the_formula_on_two_books_by_hand() -> None:
    """Two readers read 0 and then 1, one reads only 1, and both share a feature: each regression has one unknown."""
    chosen = Parameters(
        reader_damping=0.5,
        damping=1.0,
        regularisation=2.0,
        known_boost=0.5,
        candidate_norm=0.5,
        candidate_damping=1.0,
        trend=1.0,
        direction=0.5,
        shrinkage=1.0,
        feature_weight=0.5,
    )
    both = 2 / 2**0.5 + 0.5 / 2**0.5
    lead = 2 / 2**0.5
    # Of 1 from 0: n_0 = 2, h_0 = 3; n_1 = 3, h_1 = 4.
    weight = (both + 0.5 * lead) / (both + 2 * 3) * 3**0.5
    of_one = weight**0.5 / 4 * np.exp(1 / (3 + LATENESS_SHRINKAGE))
    weight = (both - 0.5 * lead) / (both + 1 + 2 * 4) * 4**0.5
    of_zero = weight**0.5 / 3 * np.exp(-1 / (2 + LATENESS_SHRINKAGE))
    found = dense.score_matrix(fit(training_data([[0, 1], [0, 1], [1]], [[0, 1]], 2), chosen))
    assert found == pytest.approx(np.array([[0, of_one], [of_zero, 0]]), rel=1e-5)


def test_much_regularisation_gives_the_plain_item_item_form() -> None:
    """As λ grows, S approaches h_i^−γ C_ij h_j^−c / λ."""
    readers = crowd(30, BOOKS, 4)
    plain = Parameters(
        reader_damping=0.4,
        damping=0.5,
        regularisation=1e7,
        known_boost=0.0,
        candidate_norm=0.0,
        candidate_damping=0.25,
        trend=0.0,
        direction=0.0,
        feature_weight=0.0,
    )
    together, _ = dense.together(readers, [4**-0.4] * 30, BOOKS, ordered=30)
    np.fill_diagonal(together, 0)
    h = np.bincount(np.concatenate(readers), minlength=BOOKS) + plain.shrinkage
    expected = h[:, np.newaxis] ** -0.5 * together * h**-0.25
    assert dense.score_matrix(fit(training_data(readers), plain)) * 1e7 == pytest.approx(expected, rel=1e-4)


def test_recency_weights_fall_by_a_power_of_the_position() -> None:
    """The n-th latest book weighs (1 + n)^−r."""
    decay = fit(training_data([[0, 1]]), Parameters(recency_decay=0.5)).decay
    assert decay[[0, 1, 3]] == pytest.approx([1, 2**-0.5, 0.5])


def test_only_the_strongest_neighbours_contribute() -> None:
    """No candidate has more neighbours than allowed, and they are of the strongest pairs."""
    readers = [[0, 1]] * 8 + [[0, 2]] * 4 + [[0, 3]] * 2
    found = dense.score_matrix(fit(training_data(readers), Parameters(neighbours=2, damping=0.0)))
    assert np.flatnonzero(found[:, 0]).tolist() == [1, 2]
    pairs = pairs_of(training_data(readers), Parameters(pairs=1, feature_weight=0.0)).together.toarray()
    # 0 keeps 1 alone; 2 and 3 keep 0, and so 0 has them too.
    assert np.argwhere(pairs > 0).tolist() == [[0, 1], [0, 2], [0, 3], [1, 0], [2, 0], [3, 0]]


@pytest.mark.slow
@given(dense.rows(BOOKS, most=12), st.integers(1, BOOKS))
def test_pairs_are_mutual(readers: dense.Rows, kept: int) -> None:
    """If either book kept a pair, both have it, with the same strength and opposite precedence."""
    chosen = Parameters(pairs=kept, feature_weight=0.0)
    weights = [max(len(history), 1) ** -chosen.reader_damping for history in readers]
    together, precedence = dense.together(readers, weights, BOOKS, ordered=len(readers))
    pairs = pairs_of(training_data(readers), chosen)
    found = pairs.together.tocoo()
    for book, other, strength, lead in zip(*found.coords, found.data, pairs.precedence, strict=True):
        assert strength == pytest.approx(together[book, other], rel=1e-5)
        assert lead == pytest.approx(precedence[book, other], abs=1e-5)
    assert ((pairs.together - pairs.together.T).toarray() == 0).all()
    assert pairs.diagonal == pytest.approx(together.diagonal(), rel=1e-5)


def test_long_histories_are_sampled() -> None:
    """Of a long history exactly LONGEST_HISTORY books count, spread over all of it; of a short one all count."""
    books = 2 * LONGEST_HISTORY
    readers = [list(range(books)), [3, 2, 1]]
    pairs = pairs_of(
        training_data(readers, books=books), Parameters(pairs=books, feature_weight=0.0, reader_damping=0.0)
    )
    short = dense.together([readers[1]], [1.0], books, ordered=1)[0]
    long = pairs.diagonal - short.diagonal()
    assert sorted(set(long.tolist())) == [0, 1]
    assert long.sum() == LONGEST_HISTORY
    taking_part = np.flatnonzero(long)
    assert taking_part[0] < LONGEST_HISTORY / 10
    assert taking_part[-1] > books - LONGEST_HISTORY / 10
    assert pairs.together.sum() + pairs.diagonal.sum() == LONGEST_HISTORY**2 + 9
    precedence = pairs.precedence[pairs.together.indptr[taking_part[-1]] : pairs.together.indptr[taking_part[-1] + 1]]
    assert precedence.tolist() == [1.0] * (LONGEST_HISTORY - 1)


def test_a_reader_of_everything_weighs_little() -> None:
    """A reader of thousands of books, whose pairs are most of all pairs, does not outweigh two readers of few."""
    books = 3000
    readers = [list(range(books)), [0, 1], [0, 1]]
    found = fit(training_data(readers, books=books), Parameters())
    contributions = found.rows[found.indptr[0] : found.indptr[1]]
    weights = found.weights[found.indptr[0] : found.indptr[1]]
    assert contributions[np.argmax(weights)] == 1
    others = weights[contributions != 1]
    assert not len(others) or weights.max() > 3 * others.max()


@pytest.mark.parametrize("cores", [1, 3, 8])
@pytest.mark.parametrize("block", [1, 7, 1000])
def test_neither_threads_nor_blocks_change_the_result(
    monkeypatch: pytest.MonkeyPatch, cores: int, block: int
) -> None:
    """The same data give the same model to the last bit."""
    data = training_data(crowd(60, 40, 6), crowd(5, 40, 10), 40)
    chosen = Parameters(pairs=9, neighbours=5)
    expected = fit(data, chosen)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(threads, "BLOCK", block)
    assert same(fit(data, chosen), expected)


def test_the_training_data_is_not_changed() -> None:
    """The matrices, whose order has a meaning, are neither sorted nor changed."""
    data = training_data([[3, 1, 2], [2, 0]], [[4, 1]])
    before = (dense.rows_of(data.liked), dense.rows_of(data.features))
    fit(data, Parameters())
    assert (dense.rows_of(data.liked), dense.rows_of(data.features)) == before


@pytest.mark.parametrize(
    ("readers", "features", "books"),
    [
        ([], [], 0),
        ([], [], 1),
        ([[0]], [], 1),
        ([], [], 3),
        ([[]], [[]], 3),
        ([[], [2], []], [], 3),
        ([[]], [[1]], 2),
    ],
)
def test_nothing_to_learn(readers: dense.Rows, features: dense.Rows, books: int) -> None:
    """No book, one book, no reader, readers with no book or one: there are no neighbours."""
    shares: list[float] = []
    found = fit(training_data(readers, features, books), Parameters(), shares.append)
    assert found.indptr.tolist() == [0] * (books + 1)
    assert (len(found.rows), len(found.weights)) == (0, 0)
    assert found.prior.weight == Parameters.popularity_weight
    assert shares == sorted(shares)


def test_a_book_without_readers_has_content_based_neighbours() -> None:
    """Unread books of the same author are neighbours, unless features have no weight."""
    data = training_data([[0, 1], [1, 0]], [[2, 3]], 5)
    assert np.argwhere(dense.score_matrix(fit(data, Parameters()))).tolist() == [[0, 1], [1, 0], [2, 3], [3, 2]]
    assert np.argwhere(dense.score_matrix(fit(data, Parameters(feature_weight=0.0)))).tolist() == [[0, 1], [1, 0]]


def test_shared_readers_outweigh_shared_features() -> None:
    """A few readers count more than a shared author."""
    data = training_data([[0, 1]] * 3, [[0, 2]], 3)
    found = dense.score_matrix(fit(data, replace(Parameters(), candidate_norm=0.0)))
    assert found[0, 1] > 2 * found[0, 2] > 0


def test_progress_rises_to_one() -> None:
    """Progress is reported in ascending shares, for the pairs first."""
    shares: list[float] = []
    fit(training_data(crowd(9, 600, 5), books=600), Parameters(), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert shares == pytest.approx(
        [0.4 * 256 / 600, 0.4 * 512 / 600, 0.4, 0.4 + 0.6 * 256 / 600, 0.4 + 0.6 * 512 / 600, 1]
    )
