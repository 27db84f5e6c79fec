"""Groups of readers, and comparisons with the shipped model."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.evaluation.metrics import Metrics
from recommendations.evaluation.results import FEWEST_READERS, Group, ModelResult, advantages, group_result, groups
from recommendations.evaluation.training_cost import TrainingCost


def result(model: str, recall: list[float], ndcg: list[float]) -> ModelResult:
    """A result of which only the readers' scores matter."""
    scores = np.array([recall, ndcg]).T
    return ModelResult(model, Metrics(*[0.0] * 8), TrainingCost(0, 0), scores)


def names(liked: list[int]) -> dict[str, int]:
    """The number of readers by group."""
    return {group.name: group.readers for group in groups(np.array(liked))}


def test_readers_are_grouped_by_the_number_of_liked_books() -> None:
    """Both ends of each range belong to it."""
    liked = np.repeat([1, 4, 5, 9, 10, 19, 20, 49, 50, 400], 20)
    assert names(liked.tolist()) == {"1–4": 40, "5–9": 40, "10–19": 40, "20–49": 40, "50 and more": 40}


def test_readers_who_like_nothing_are_a_group() -> None:
    """They know books without liking any; if they are few, they are with those who like one to four."""
    assert names([0] * 20 + [1] * 20 + [5] * 20) == {"0": 20, "1–4": 20, "5 and more": 20}
    assert names([0] * 19 + [1] * 20 + [5] * 20) == {"0–4": 39, "5 and more": 20}


def test_small_groups_are_merged_into_the_next() -> None:
    """Of 5–9 there are 19 readers, of 10–19 there is none."""
    assert names([1] * 20 + [5] * 19 + [20] * 20 + [50] * 20) == {"1–4": 20, "5–49": 39, "50 and more": 20}


def test_the_last_group_is_merged_into_the_one_before() -> None:
    """It has no next one; few readers are a single group."""
    assert names([1] * 20 + [5] * 20 + [50] * 19) == {"1–4": 20, "5 and more": 39}
    assert names([2, 7, 90]) == {"1 and more": 3}
    assert names([0, 7]) == {"0 and more": 2}


@given(liked=st.lists(st.integers(0, 99), min_size=1, max_size=300))
def test_every_reader_is_in_one_group(liked: list[int]) -> None:
    """The groups are a partition, each but a single one is large enough, and its members are in its range."""
    found = groups(np.array(liked))
    assert np.sum([group.members for group in found], axis=0).tolist() == [1] * len(liked)
    assert len(found) == 1 or all(group.readers >= FEWEST_READERS for group in found)
    for group in found:
        members = np.array(liked)[group.members]
        assert members.min() >= group.least
        assert group.most is None or members.max() <= group.most


def test_the_result_of_a_group_is_that_of_its_members() -> None:
    """Means and standard errors are over the members alone."""
    group = Group(1, 4, np.array([True, False, True]))
    recall, recall_error, ndcg, ndcg_error = astuple(group_result(result("als", [1, 9, 0], [0.5, 9, 0.5]), group))[1:]
    assert (recall, recall_error) == pytest.approx((0.5, 0.5 / 2**0.5))
    assert (ndcg, ndcg_error) == (0.5, 0)


RESULTS = [result("als", [0.1, 0.2], [0.0, 0.0]), result("shipped", [0.3, 0.4], [0.5, 0.1])]


def test_the_advantage_is_that_of_the_shipped_model() -> None:
    """It is positive if the shipped model is better, and its columns are not mixed up."""
    (found,) = advantages(RESULTS, 7).values()
    assert astuple(found.recall) == pytest.approx((0.2, 0.2, 0.2))
    assert astuple(found.ndcg) == pytest.approx((0.3, 0.1, 0.5))
    assert list(advantages([*RESULTS, RESULTS[0]], 7)) == ["als"]


def test_the_advantage_over_a_group() -> None:
    """Only the members count."""
    found = advantages(RESULTS, 7, np.array([False, True]))["als"]
    assert astuple(found.ndcg) == pytest.approx((0.1, 0.1, 0.1))


def test_without_the_shipped_model_nothing_is_compared() -> None:
    """Nor is the shipped model compared with itself."""
    assert advantages(RESULTS[:1], 7) == advantages(RESULTS[1:], 7) == {}
