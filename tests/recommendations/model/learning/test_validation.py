"""Validation gives the same scores as the metrics of the evaluation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recommendations.evaluation import metrics
from recommendations.model.learning import threads
from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.local_ease import popularity_alone
from recommendations.model.learning.validation import CUTOFF, Scores, Validator
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import Prior, relative
from tests.recommendations.model.learning import dense

BOOKS = 30


def held_out(known: dense.Rows, wanted: dense.Rows, books: int = BOOKS) -> HoldOut:
    """A hold-out of these readers' books."""
    training = dense.matrix(known, books)
    return HoldOut(training, dense.matrix(wanted, books), "none", np.full(training.nnz, np.nan), dense.NOW)


def without_prior(validator: Validator, neighbours: Neighbours) -> Scores:
    """The scores of lists without popular books."""
    return validator.score(neighbours, np.ones(validator.hold_out.test.shape[1]))


def no_neighbours(books: int = BOOKS) -> Neighbours:
    empty = np.empty(0, dtype=np.int32)
    return Neighbours(np.zeros(books + 1, dtype=np.int64), empty, empty.astype(np.float32))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """Readers' books in two parts, either of which may be empty."""
    readers = draw(dense.rows(BOOKS, most=6))
    cuts = [draw(st.integers(0, len(history))) for history in readers]
    parts = list(zip(readers, cuts, strict=True))
    return [history[:cut] for history, cut in parts], [history[cut:] for history, cut in parts]


@given(cases(), st.integers(0, 100), st.floats(0.05, 1), st.sampled_from([0.0, 1.0, 50.0]))
def test_the_metrics_are_those_of_the_evaluation(
    case: tuple[list[list[int]], list[list[int]]], seed: int, density: float, weight: float
) -> None:
    """Recall and NDCG of every evaluated reader's list are those that the evaluation computes."""
    known, wanted = case
    rng = np.random.default_rng(seed)
    contributions = (rng.integers(1, 9, (BOOKS, BOOKS)) * (rng.random((BOOKS, BOOKS)) < density)).astype(np.float32)
    decay = np.array([1, 0.5], dtype=np.float32)
    sparse = csr_array(contributions)
    popularity = rng.integers(0, 99, BOOKS).astype(np.float64)
    validator = Validator(held_out(known, wanted), 0)
    neighbours = Neighbours(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data, decay)
    scores = validator.score(replace(neighbours, prior=Prior(weight, 0.5)), popularity)
    readers = [reader for reader in range(len(known)) if known[reader] and wanted[reader]]
    assert validator.readers.tolist() == readers
    for position, reader in enumerate(readers):
        sums = contributions[known[reader]].T @ ([0.5] * (len(known[reader]) - 1) + [1])
        prior = np.float32(weight * len(known[reader]) ** 0.5) * relative(popularity).astype(np.float32)
        sums = sums.astype(np.float32) + prior
        ranked = [
            book for book in np.argsort(-sums, kind="stable").tolist() if sums[book] > 0 and book not in known[reader]
        ]
        for measured, measure in ((scores.recall, metrics.recall), (scores.ndcg, metrics.ndcg)):
            assert measured[position] == pytest.approx(measure(ranked, {*wanted[reader]}, CUTOFF))


def test_scores_by_hand() -> None:
    """Both readers get the list 1, 2, 3; one later reads 2 and 9, the other 1."""
    weights = np.array([3, 2, 1], dtype=np.float32)
    neighbours = replace(
        no_neighbours(),
        indptr=np.array([0] + [3] * BOOKS, dtype=np.int64),
        rows=np.array([1, 2, 3], dtype=np.int32),
        weights=weights,
    )
    scores = without_prior(Validator(held_out([[0], [0]], [[2, 9], [1]]), 0), neighbours)
    assert scores.recall.tolist() == [0.5, 1]
    assert scores.ndcg == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 1])


def test_more_relevant_books_than_the_cutoff() -> None:
    """Recall divides by all relevant books, NDCG by the ideal list of the cutoff's length."""
    books = 2 * CUTOFF + 1
    neighbours = Neighbours(
        np.array([0] + [CUTOFF] * books, dtype=np.int64),
        np.arange(1, CUTOFF + 1, dtype=np.int32),
        np.ones(CUTOFF, dtype=np.float32),
    )
    scores = without_prior(Validator(held_out([[0]], [list(range(1, books))], books), 0), neighbours)
    assert scores.recall.tolist() == [0.5]
    assert scores.ndcg == pytest.approx([1])


def test_an_empty_list_scores_nothing() -> None:
    """Padding is no hit, neither for row 0 nor for the last row of the previous reader."""
    scores = without_prior(Validator(held_out([[1], [1], [2]], [[0, BOOKS - 1]] * 3), 0), no_neighbours())
    assert scores.recall.tolist() == scores.ndcg.tolist() == [0, 0, 0]


@given(cases())
def test_popularity_is_one_list_without_the_books_read(case: tuple[list[list[int]], list[list[int]]]) -> None:
    """Books by their popularity, ties by the lower row, without the reader's own, and none that nobody reads."""
    known, wanted = case
    readers_of = [sum(book in history for history in known) for book in range(BOOKS)]
    order = [book for book in sorted(range(BOOKS), key=lambda book: -readers_of[book]) if readers_of[book]]
    validator = Validator(held_out(known, wanted), 0)
    scores = validator.score(popularity_alone(BOOKS), np.array(readers_of, dtype=np.float64))
    for position, reader in enumerate(validator.readers.tolist()):
        ranked = [book for book in order if book not in known[reader]]
        assert scores.recall[position] == pytest.approx(metrics.recall(ranked, {*wanted[reader]}, CUTOFF))
        assert scores.ndcg[position] == pytest.approx(metrics.ndcg(ranked, {*wanted[reader]}, CUTOFF))


def test_a_sample_of_readers_is_evaluated() -> None:
    """With too many readers a sample is evaluated, ascending and the same for the same seed."""
    hold_out = held_out([[0]] * 100, [[1]] * 100)
    first, again, other = (Validator(hold_out, seed, most_readers=20).readers.tolist() for seed in (1, 1, 2))
    assert first == again == sorted(set(first))
    assert len(first) == 20
    assert first != other
    assert len(without_prior(Validator(hold_out, 1, most_readers=20), no_neighbours()).recall) == 20


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block size does not change the scores."""
    rng = np.random.default_rng(0)
    readers = [rng.permutation(BOOKS)[:6].tolist() for _ in range(50)]
    validator = Validator(held_out([history[:4] for history in readers], [history[4:] for history in readers]), 0)
    sparse = csr_array(rng.random((BOOKS, BOOKS)).astype(np.float32))
    neighbours = Neighbours(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data)
    expected = without_prior(validator, neighbours)
    monkeypatch.setattr(threads, "BLOCK", 7)
    found = without_prior(validator, neighbours)
    assert found.recall.tolist() == expected.recall.tolist()
    assert found.ndcg.tolist() == expected.ndcg.tolist()
    assert expected.recall.mean() > 0


@pytest.mark.parametrize(("known", "wanted"), [([], []), ([[0]], [[]]), ([[]], [[0]])])
def test_no_readers_to_evaluate(known: list[list[int]], wanted: list[list[int]]) -> None:
    """Without a reader in both parts the scores are empty."""
    validator = Validator(held_out(known, wanted), 0)
    for neighbours in (no_neighbours(), popularity_alone(BOOKS)):
        scores = validator.score(neighbours, np.ones(BOOKS))
        assert len(scores.recall) == len(scores.ndcg) == 0
