"""How well neighbours foresee what was held out, against plain measures."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recommendations.evaluation import metrics
from recommendations.model.learning import threads
from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.judging import CUTOFF, Judge
from recommendations.model.neighbours import Neighbours
from tests.recommendations.model.learning import dense

BOOKS = 30


def held_out(known: dense.Rows, wanted: dense.Rows, books: int = BOOKS) -> HoldOut:
    """What is known and wanted of these readers."""
    return HoldOut(dense.matrix(known, books), dense.matrix(wanted, books), "none")


def nothing_learned(books: int = BOOKS) -> Neighbours:
    """Neighbours of which none speaks."""
    empty = np.empty(0, dtype=np.int32)
    return Neighbours(np.zeros(books + 1, dtype=np.int64), empty, empty.astype(np.float32))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """Readers' books in two parts, either of which may be empty."""
    readers = draw(dense.rows(BOOKS, most=6))
    cuts = [draw(st.integers(0, len(one))) for one in readers]
    parts = list(zip(readers, cuts, strict=True))
    return [one[:cut] for one, cut in parts], [one[cut:] for one, cut in parts]


@given(cases(), st.integers(0, 100), st.floats(0.05, 1))
def test_the_measures_are_those_of_the_evaluation(
    case: tuple[list[list[int]], list[list[int]]], seed: int, density: float
) -> None:
    """Recall and NDCG of every judging reader's list are what the evaluation says of the same list."""
    known, wanted = case
    rng = np.random.default_rng(seed)
    spoken = (rng.integers(1, 9, (BOOKS, BOOKS)) * (rng.random((BOOKS, BOOKS)) < density)).astype(np.float32)
    fading = np.array([1, 0.5], dtype=np.float32)
    sparse = csr_array(spoken)
    judge = Judge(held_out(known, wanted), 0)
    verdict = judge.of_neighbours(
        Neighbours(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data, fading)
    )
    readers = [reader for reader in range(len(known)) if known[reader] and wanted[reader]]
    assert judge.readers.tolist() == readers
    for place, reader in enumerate(readers):
        scores = spoken[known[reader]].T @ ([0.5] * (len(known[reader]) - 1) + [1])
        ranked = [
            book
            for book in np.argsort(-scores, kind="stable").tolist()
            if scores[book] > 0 and book not in known[reader]
        ]
        for measured, measure in ((verdict.recall, metrics.recall), (verdict.ndcg, metrics.ndcg)):
            assert measured[place] == pytest.approx(measure(ranked, {*wanted[reader]}, CUTOFF))


def test_a_verdict_by_hand() -> None:
    """A reader of 0 is told 1, 2 and 3, and wants 2 and 9; another one, told the same, wants 1 alone."""
    weights = np.array([3, 2, 1], dtype=np.float32)
    neighbours = replace(
        nothing_learned(),
        indptr=np.array([0] + [3] * BOOKS, dtype=np.int64),
        rows=np.array([1, 2, 3], dtype=np.int32),
        weights=weights,
    )
    verdict = Judge(held_out([[0], [0]], [[2, 9], [1]]), 0).of_neighbours(neighbours)
    assert verdict.recall.tolist() == [0.5, 1]
    assert verdict.ndcg == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 1])


def test_more_wanted_books_than_places() -> None:
    """Recall divides by all that is wanted, NDCG by the best list of so many places."""
    books = 2 * CUTOFF + 1
    neighbours = Neighbours(
        np.array([0] + [CUTOFF] * books, dtype=np.int64),
        np.arange(1, CUTOFF + 1, dtype=np.int32),
        np.ones(CUTOFF, dtype=np.float32),
    )
    verdict = Judge(held_out([[0]], [list(range(1, books))], books), 0).of_neighbours(neighbours)
    assert verdict.recall.tolist() == [0.5]
    assert verdict.ndcg == pytest.approx([1])


def test_an_empty_list_is_worth_nothing() -> None:
    """Places that stay free are no hits: neither the reader's first book nor the last one of the reader before."""
    verdict = Judge(held_out([[1], [1], [2]], [[0, BOOKS - 1]] * 3), 0).of_neighbours(nothing_learned())
    assert verdict.recall.tolist() == verdict.ndcg.tolist() == [0, 0, 0]


@given(cases())
def test_popularity_is_the_same_list_but_for_what_is_known(case: tuple[list[list[int]], list[list[int]]]) -> None:
    """Books by how many readers are known to like them, ties by the lower row, without the reader's own."""
    known, wanted = case
    readers_of = [sum(book in one for one in known) for book in range(BOOKS)]
    order = sorted(range(BOOKS), key=lambda book: -readers_of[book])
    judge = Judge(held_out(known, wanted), 0)
    verdict = judge.of_popularity()
    for place, reader in enumerate(judge.readers.tolist()):
        ranked = [book for book in order if book not in known[reader]]
        assert verdict.recall[place] == pytest.approx(metrics.recall(ranked, {*wanted[reader]}, CUTOFF))
        assert verdict.ndcg[place] == pytest.approx(metrics.ndcg(ranked, {*wanted[reader]}, CUTOFF))


def test_at_most_so_many_readers_judge() -> None:
    """Of more readers a sample judges, the same every time for the same seed, in ascending order, nobody twice."""
    hold_out = held_out([[0]] * 100, [[1]] * 100)
    first, again, other = (Judge(hold_out, seed, most_readers=20).readers.tolist() for seed in (1, 1, 2))
    assert first == again == sorted(set(first))
    assert len(first) == 20
    assert first != other
    assert len(Judge(hold_out, 1, most_readers=20).of_popularity().recall) == 20


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many readers one thread ranks for, the verdict is the same."""
    rng = np.random.default_rng(0)
    readers = [rng.permutation(BOOKS)[:6].tolist() for _ in range(50)]
    judge = Judge(held_out([one[:4] for one in readers], [one[4:] for one in readers]), 0)
    sparse = csr_array(rng.random((BOOKS, BOOKS)).astype(np.float32))
    neighbours = Neighbours(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data)
    expected = judge.of_neighbours(neighbours)
    monkeypatch.setattr(threads, "BLOCK", 7)
    found = judge.of_neighbours(neighbours)
    assert found.recall.tolist() == expected.recall.tolist()
    assert found.ndcg.tolist() == expected.ndcg.tolist()
    assert expected.recall.mean() > 0


@pytest.mark.parametrize(("known", "wanted"), [([], []), ([[0]], [[]]), ([[]], [[0]])])
def test_nobody_judges(known: list[list[int]], wanted: list[list[int]]) -> None:
    """Where no reader has both parts there is no verdict, and no failure."""
    judge = Judge(held_out(known, wanted), 0)
    for verdict in (judge.of_neighbours(nothing_learned()), judge.of_popularity()):
        assert len(verdict.recall) == len(verdict.ndcg) == 0
