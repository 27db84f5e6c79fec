"""Hold-outs for validation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.learning.holdout import FEWEST_READERS, SHARE, HoldOut, hold_outs
from tests.recommendations.model.learning import dense

BOOKS = 12
NAN = float("nan")

Floats = npt.NDArray[np.float64]


def held_out(readers: dense.Rows, times: Sequence[float] | Floats | None = None, seed: int = 0) -> dict[str, HoldOut]:
    """The hold-outs by kind."""
    liked = dense.matrix(readers, BOOKS)
    found = hold_outs(liked, np.full(liked.nnz, NAN) if times is None else np.asarray(times, dtype=float), seed)
    return {hold_out.kind: hold_out for hold_out in found}


def shuffled(readers: int, each: int, seed: int = 0) -> list[list[int]]:
    """Readers of `each` books in random order."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(BOOKS)[:each].tolist() for _ in range(readers)]


def in_two(hold_out: HoldOut) -> list[tuple[list[int], list[int]]]:
    """The training and the test part of each reader."""
    return list(zip(dense.rows_of(hold_out.training), dense.rows_of(hold_out.test), strict=True))


@given(st.data())
def test_training_and_test_parts_split_the_likes(data: st.DataObject) -> None:
    """Nothing is lost, nothing is in both, and the training part stays in reading order."""
    readers = data.draw(dense.rows(BOOKS, most=70))
    moments = st.sampled_from([NAN, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    count = sum(map(len, readers))
    times = data.draw(st.lists(moments, min_size=count, max_size=count))
    for hold_out in held_out(readers, times).values():
        assert hold_out.training.shape == hold_out.test.shape == (len(readers), BOOKS)
        for reader, (known, wanted) in zip(readers, in_two(hold_out), strict=True):
            assert known == [book for book in reader if book not in wanted]
            assert sorted(known + wanted) == sorted(reader)
        for part in (hold_out.training, hold_out.test):
            assert part.data.tolist() == [1.0] * part.nnz


@given(st.data())
def test_nothing_later_is_in_the_training_part(data: st.DataObject) -> None:
    """In a hold-out by time, the test part is later than the training part, and about a fifth."""
    readers = shuffled(120, 8, data.draw(st.integers(0, 9)))
    dates = data.draw(st.integers(100, 1000))
    times = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, dates, 120 * 8).astype(float)
    undated = data.draw(st.sampled_from([0, 3, 7]))
    if undated:
        times[::undated] = NAN
    (hold_out,) = held_out(readers, times).values()
    assert hold_out.kind == "time"
    dated = dict(
        zip([(reader, book) for reader, books in enumerate(readers) for book in books], times.tolist(), strict=True)
    )
    earlier = [dated[reader, book] for reader, (known, _) in enumerate(in_two(hold_out)) for book in known]
    later = [dated[reader, book] for reader, (_, wanted) in enumerate(in_two(hold_out)) for book in wanted]
    assert np.nanmax(earlier) < min(later)
    assert 0.5 * SHARE < (len(later) - 1) / np.count_nonzero(~np.isnan(times)) <= SHARE


def test_the_latest_fifth_of_each_reader() -> None:
    """Without times, the latest of each reader's books are held out: one of three, two of ten, none of two."""
    readers = [[5, 3, 4], [9, 8, 2, 3, 1, 0, 11, 6, 5, 7], [4, 2], [1], [], [2, 9, 0, 1, 3, 8, 7, 6]]
    hold_outs_ = held_out(readers)
    assert list(hold_outs_) == ["order", "drift"]
    assert [wanted for _, wanted in in_two(hold_outs_["order"])] == [[4], [5, 7], [], [], [], [7, 6]]
    assert list(map(len, dense.rows_of(hold_outs_["drift"].test))) == [1, 2, 0, 0, 0, 2]


@pytest.mark.parametrize("descending", [False, True])
def test_books_sorted_by_id_have_no_reading_order(descending: bool) -> None:
    """There is no hold-out by order if nearly all books ascend, or descend, by id."""
    readers = [sorted(history, reverse=descending) for history in shuffled(30, 6)]
    assert list(held_out(readers)) == ["drift"]
    # Two swapped books of 180 do not make it a reading order.
    readers[3][1:3] = readers[3][2:0:-1]
    assert list(held_out(readers)) == ["drift"]
    assert list(held_out([[2, 1, 3], [5, 4, 6]])) == ["order", "drift"]


def test_the_order_is_within_readers() -> None:
    """Ascending books of each reader are sorted, though each starts below the last; single books have no order."""
    assert list(held_out([[1, 2]] * 9)) == ["drift"]
    assert list(held_out([[], [2, 1], [], [], [4, 3], []])) == ["drift"]
    assert list(held_out([[1], [3], [2], [5]])) == ["drift"]


def test_drift_holds_out_some_books_far_more_often() -> None:
    """The held-out shares of books differ far more than by chance."""
    drift = held_out(shuffled(500, 6))["drift"]
    known, wanted = (np.bincount(part.indices, minlength=BOOKS) for part in (drift.training, drift.test))
    shares = wanted / (known + wanted)
    assert wanted.sum() == 500
    assert shares.min() < 0.08
    assert shares.max() > 0.35


def test_drift_depends_only_on_the_seed() -> None:
    """The same seed draws the same books, another seed others."""
    readers = shuffled(40, 6)
    first, again, other = (in_two(held_out(readers, seed=seed)["drift"]) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "times",
    [
        np.full(120 * 8, 5.0),
        np.where(np.arange(120 * 8) % 2 == 0, NAN, np.random.default_rng(0).random(120 * 8)),
        np.where(np.arange(120 * 8) % 3 == 0, 6.0, 5.0),
    ],
    ids=["one moment", "half dated", "the last third at once"],
)
def test_too_few_times(times: Floats) -> None:
    """If too few entries have different times, they are held out as if there were no times."""
    assert list(held_out(shuffled(120, 8), times)) == ["order", "drift"]


@pytest.mark.parametrize(("readers", "kinds"), [(FEWEST_READERS - 1, ["order", "drift"]), (FEWEST_READERS, ["time"])])
def test_too_few_readers_for_a_hold_out_by_time(readers: int, kinds: list[str]) -> None:
    """Only readers with books in both parts count."""
    data = shuffled(readers, 5) + [[0]] * 100
    times = [*np.tile([1, 2, 3, 4, 9], readers), *[4] * 100]
    late = [0] * readers
    assert list(held_out(data + [[1]] * len(late), [*times, *[4] * len(late)])) == kinds


@pytest.mark.parametrize("readers", [[], [[]], [[1]], [[1], [2, 3]]])
def test_tiny_data_holds_nothing_out(readers: list[list[int]]) -> None:
    """If no reader has three books, nothing is held out."""
    for times in (None, [float(position) for position in range(sum(map(len, readers)))]):
        for hold_out in held_out(readers, times).values():
            assert hold_out.test.nnz == 0
            assert len(hold_out.readers) == 0


def test_readers_with_both_parts_are_evaluated() -> None:
    """Readers with only one part are not."""
    hold_out = HoldOut(dense.matrix([[1], [], [2], []], 3), dense.matrix([[], [1], [1, 0], []], 3), "none")
    assert hold_out.readers.tolist() == [2]
