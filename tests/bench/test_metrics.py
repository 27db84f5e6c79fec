"""Recall and NDCG, against known examples and against their definitions."""

from itertools import permutations
from math import log2

import pytest

from bench.metrics import ndcg, recall


def test_recall_is_the_share_of_the_wanted_books_that_are_found() -> None:
    """Two of three wanted books stand in the list, wherever they stand."""
    assert recall([5, 1, 9, 2], {1, 2, 3}, 4) == pytest.approx(2 / 3)


def test_recall_looks_no_further_than_the_cutoff() -> None:
    """A book behind the cutoff is not found, and more wanted books than places make 1 unreachable."""
    assert recall([5, 1, 9, 2], {1, 2, 3}, 2) == pytest.approx(1 / 3)
    assert recall([1, 2], {1, 2, 3, 4}, 2) == 0.5


def test_ndcg_of_a_known_list() -> None:
    """Hits at the places 2 and 4 of a list for a reader who wants three books."""
    ideal = 1 + 1 / log2(3) + 1 / 2
    assert ndcg([5, 1, 9, 2], {1, 2, 3}, 4) == pytest.approx((1 / log2(3) + 1 / log2(5)) / ideal)


def test_ndcg_of_an_ideal_list_is_one() -> None:
    """Nothing but hits is 1, for fewer wanted books than places and for more."""
    assert ndcg([1, 2, 8, 9], {1, 2}, 4) == pytest.approx(1)
    assert ndcg([1, 2], {1, 2, 3}, 2) == pytest.approx(1)


def test_nothing_found_is_zero() -> None:
    """A list without a hit, and an empty one, are worth nothing."""
    for ranked in ([7, 8], []):
        assert recall(ranked, {1}, 2) == ndcg(ranked, {1}, 2) == 0


@pytest.mark.parametrize("cutoff", [1, 2, 3, 5])
@pytest.mark.parametrize("wanted", [{1}, {2, 4}, {1, 2, 3, 4, 5}])
def test_both_agree_with_brute_force(wanted: set[int], cutoff: int) -> None:
    """Of every order of five books: recall counts a set, NDCG divides by the best gain of all orders."""
    orders = list(permutations(range(1, 6)))

    def gain(order: tuple[int, ...]) -> float:
        total = 0.0
        for place in range(1, cutoff + 1):
            if order[place - 1] in wanted:
                total += 1 / log2(place + 1)
        return total

    best = max(map(gain, orders))
    for order in orders:
        assert recall(order, wanted, cutoff) == len(wanted & set(order[:cutoff])) / len(wanted)
        assert ndcg(order, wanted, cutoff) == pytest.approx(gain(order) / best)
