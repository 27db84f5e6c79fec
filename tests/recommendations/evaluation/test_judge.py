"""Judging whole sets of lists."""

from dataclasses import asdict
from math import log2

import pytest

from recommendations.evaluation.judge import Judge
from tests.recommendations.evaluation.histories import case

KNOWN = {1: [1], 2: [1, 2], 3: [1], 4: [1]}
CASE = case(KNOWN, {1: [2, 3], 2: [4]}, books=5, k=2)
FIRST = case(KNOWN, {1: [2, 3]}, books=5, k=2)
SECOND = case(KNOWN, {2: [4]}, books=5, k=2)


def test_a_verdict_worked_out_by_hand() -> None:
    """Reader 1 finds one of two at the second place, reader 2 nothing; two of five books are ever shown."""
    judge = Judge(CASE)
    judge.hear([1], [[5, 2]])
    judge.hear([2], [[5]])
    ideal = 1 + 1 / log2(3)
    assert asdict(judge.verdict()) == pytest.approx(
        {
            "recall": (1 / 2 + 0) / 2,
            "recall_error": 0.25 / 2**0.5,
            "ndcg": (1 / log2(3) / ideal + 0) / 2,
            "mrr": (1 / 2 + 0) / 2,
            "hit_rate": 1 / 2,
            "coverage": 2 / 5,
            # Of four readers nobody has 5, which counts as if one had, and one has 2: log2(4) bits at every place.
            "novelty": 2.0,
        }
    )


def test_what_the_reader_has_is_struck_out_before_the_cut() -> None:
    """A list led by known books is judged by what follows them, and they are not shown."""
    plain, led = Judge(SECOND), Judge(SECOND)
    plain.hear([2], [[5, 4]])
    led.hear([2], [[1, 2, 5, 4]])
    assert led.verdict() == plain.verdict()
    assert led.verdict().recall == 1


def test_a_repeated_book_counts_once() -> None:
    """Repeating a hit gains nothing and takes no place."""
    plain, repeated = Judge(FIRST), Judge(FIRST)
    plain.hear([1], [[2, 5]])
    repeated.hear([1], [[2, 2, 5]])
    assert repeated.verdict() == plain.verdict()


def test_what_is_behind_the_cut_is_not_shown() -> None:
    """The third of three books is neither found nor covered."""
    judge = Judge(SECOND)
    judge.hear([2], [[3, 5, 4]])
    assert judge.verdict().recall == 0
    assert judge.verdict().coverage == pytest.approx(2 / 5)


def test_novelty_counts_all_who_have_the_book() -> None:
    """All four readers have book 1, and only one likes it: it is new to none of the others."""
    books = {1: [1], 2: [1], 3: [1], 4: [1]}
    judge = Judge(case(known=books, wanted={5: [2]}, books=2, liked={1: [1]}))
    judge.hear([5], [[1]])
    assert judge.verdict().novelty == 0


def test_empty_lists_are_a_verdict_too() -> None:
    """A model that says nothing finds, covers and surprises with nothing."""
    judge = Judge(CASE)
    judge.hear([1, 2], [[], []])
    assert set(asdict(judge.verdict()).values()) == {0.0}


@pytest.mark.parametrize("readers", [[1], [1, 2, 2]])
def test_every_reader_is_heard_once(readers: list[int]) -> None:
    """There is no verdict on some of the readers, and none that counts one twice."""
    judge = Judge(CASE)
    judge.hear(readers, [[4]] * len(readers))
    with pytest.raises(ValueError, match=f"{len(readers)} lists of 2 readers"):
        judge.verdict()
