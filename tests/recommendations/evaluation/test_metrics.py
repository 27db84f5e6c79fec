"""The metrics agree with known examples and their definitions."""

from dataclasses import asdict
from itertools import permutations
from math import log2

import numpy as np
import pytest

from recommendations.evaluation.metrics import Evaluator, coverage, hit, ndcg, novelty, recall, reciprocal_rank
from tests.recommendations.evaluation.histories import task

KNOWN = {1: [1], 2: [1, 2], 3: [1], 4: [1]}
CASE = task(KNOWN, {1: [2, 3], 2: [4]}, books=5, k=2)
FIRST = task(KNOWN, {1: [2, 3]}, books=5, k=2)
SECOND = task(KNOWN, {2: [4]}, books=5, k=2)


def test_recall_is_the_share_of_the_wanted_books_that_are_found() -> None:
    """Two of three wanted books are in the list, at any position."""
    assert recall([5, 1, 9, 2], {1, 2, 3}, 4) == pytest.approx(2 / 3)


def test_recall_ignores_books_after_the_cutoff() -> None:
    """Books after the cutoff do not count, and with more wanted books than places recall is below 1."""
    assert recall([5, 1, 9, 2], {1, 2, 3}, 2) == pytest.approx(1 / 3)
    assert recall([1, 2], {1, 2, 3, 4}, 2) == 0.5


def test_ndcg_of_a_known_list() -> None:
    """Hits at the ranks 2 and 4 of a list for a reader who wants three books."""
    ideal = 1 + 1 / log2(3) + 1 / 2
    assert ndcg([5, 1, 9, 2], {1, 2, 3}, 4) == pytest.approx((1 / log2(3) + 1 / log2(5)) / ideal)


def test_ndcg_of_an_ideal_list_is_one() -> None:
    """A list of hits only scores 1, with fewer wanted books than places and with more."""
    assert ndcg([1, 2, 8, 9], {1, 2}, 4) == pytest.approx(1)
    assert ndcg([1, 2], {1, 2, 3}, 2) == pytest.approx(1)


def test_nothing_found_is_zero() -> None:
    """A list without a hit, and an empty one, score 0."""
    for ranked in ([7, 8], []):
        assert recall(ranked, {1}, 2) == ndcg(ranked, {1}, 2) == 0


@pytest.mark.parametrize("cutoff", [1, 2, 3, 5])
@pytest.mark.parametrize("wanted", [{1}, {2, 4}, {1, 2, 3, 4, 5}])
def test_both_agree_with_brute_force(wanted: set[int], cutoff: int) -> None:
    """For every order of five books, recall counts a set, and NDCG divides by the best gain of all orders."""
    orders = list(permutations(range(1, 6)))

    def gain(order: tuple[int, ...]) -> float:
        total = 0.0
        for rank in range(1, cutoff + 1):
            if order[rank - 1] in wanted:
                total += 1 / log2(rank + 1)
        return total

    best = max(map(gain, orders))
    for order in orders:
        assert recall(order, wanted, cutoff) == len(wanted & set(order[:cutoff])) / len(wanted)
        assert ndcg(order, wanted, cutoff) == pytest.approx(gain(order) / best)


def test_reciprocal_rank_is_that_of_the_first_hit() -> None:
    """Only the first wanted book counts, and only before the cutoff."""
    assert reciprocal_rank([5, 9, 1, 2], {1, 2}, 4) == pytest.approx(1 / 3)
    assert reciprocal_rank([2, 1], {1, 2}, 2) == 1
    assert reciprocal_rank([5, 9, 1], {1}, 2) == 0
    assert reciprocal_rank([], {1}, 2) == 0


def test_a_hit_is_one_however_many_there_are() -> None:
    """One wanted book before the cutoff counts as much as two."""
    assert hit([5, 1, 2], {1, 2}, 3) == hit([5, 1, 2], {1}, 2) == 1
    assert hit([5, 1, 2], {1, 2}, 1) == hit([], {1}, 2) == 0


def test_coverage_counts_books_and_not_lists() -> None:
    """Two of four books are in lists, one of them in many."""
    assert coverage(np.array([0, 9, 1, 0])) == 0.5
    assert coverage(np.array([], dtype=np.int64)) == 0


def test_novelty_of_known_lists() -> None:
    """Three places have a book that 2 of 8 readers know (2 bits each), and one a book that all know (0 bits)."""
    assert novelty(np.array([3, 1, 0]), np.array([2, 8, 1]), 8) == pytest.approx(3 * 2 / 4)


def test_a_book_without_readers_is_as_novel_as_one_with_a_single_reader() -> None:
    """It is 3 bits among 8 readers, and not infinity."""
    assert novelty(np.array([1]), np.array([0]), 8) == novelty(np.array([1]), np.array([1]), 8) == 3


def test_nothing_recommended_is_not_novel() -> None:
    """Lists without a book give 0 and no division by zero."""
    assert novelty(np.array([0, 0]), np.array([1, 2]), 3) == 0


def test_metrics_worked_out_by_hand() -> None:
    """Reader 1 gets one of two at rank 2, reader 2 nothing; two of five books are in lists."""
    evaluator = Evaluator(CASE)
    evaluator.add([1], [[5, 2]])
    evaluator.add([2], [[5]])
    ideal = 1 + 1 / log2(3)
    assert asdict(evaluator.metrics()) == pytest.approx(
        {
            "recall": (1 / 2 + 0) / 2,
            "recall_error": 0.25 / 2**0.5,
            "ndcg": (1 / log2(3) / ideal + 0) / 2,
            "ndcg_error": 1 / log2(3) / ideal / 2 / 2**0.5,
            "mrr": (1 / 2 + 0) / 2,
            "hit_rate": 1 / 2,
            "coverage": 2 / 5,
            # Of four readers, nobody knows 5, which counts as one, and one knows 2: log2(4) bits at every place.
            "novelty": 2.0,
        }
    )


def test_scores_are_those_of_each_reader() -> None:
    """Recall and NDCG of both readers, in the order in which they were added."""
    evaluator = Evaluator(CASE)
    evaluator.add([1], [[5, 2]])
    evaluator.add([2], [[4]])
    first, second = evaluator.scores().tolist()
    assert first == pytest.approx([1 / 2, 1 / log2(3) / (1 + 1 / log2(3))])
    assert second == [1, 1]


def test_known_books_are_removed_before_the_cut() -> None:
    """Known books at the start of a list do not count."""
    plain, with_known = Evaluator(SECOND), Evaluator(SECOND)
    plain.add([2], [[5, 4]])
    with_known.add([2], [[1, 2, 5, 4]])
    assert with_known.metrics() == plain.metrics()
    assert with_known.metrics().recall == 1


def test_a_repeated_book_counts_once() -> None:
    """Repeating a hit changes nothing."""
    plain, repeated = Evaluator(FIRST), Evaluator(FIRST)
    plain.add([1], [[2, 5]])
    repeated.add([1], [[2, 2, 5]])
    assert repeated.metrics() == plain.metrics()


def test_books_after_the_cutoff_do_not_count() -> None:
    """The third of three books is neither a hit nor covered."""
    evaluator = Evaluator(SECOND)
    evaluator.add([2], [[3, 5, 4]])
    assert evaluator.metrics().recall == 0
    assert evaluator.metrics().coverage == pytest.approx(2 / 5)


def test_novelty_counts_all_who_have_the_book() -> None:
    """All four readers have book 1, though only one likes it: its novelty is 0."""
    books = {1: [1], 2: [1], 3: [1], 4: [1]}
    evaluator = Evaluator(task(known=books, wanted={5: [2]}, books=2, liked={1: [1]}))
    evaluator.add([5], [[1]])
    assert evaluator.metrics().novelty == 0


def test_empty_lists_have_metrics() -> None:
    """All metrics of empty lists are 0."""
    evaluator = Evaluator(CASE)
    evaluator.add([1, 2], [[], []])
    assert set(asdict(evaluator.metrics()).values()) == {0.0}


@pytest.mark.parametrize("readers", [[1], [1, 2, 2]])
def test_every_reader_is_added_once(readers: list[int]) -> None:
    """Metrics require every reader exactly once."""
    evaluator = Evaluator(CASE)
    evaluator.add(readers, [[4]] * len(readers))
    for collected in (evaluator.metrics, evaluator.scores):
        with pytest.raises(ValueError, match=f"{len(readers)} lists of 2 readers"):
            collected()
