"""Hold-outs for validation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.learning import holdout
from recommendations.model.learning.holdout import CUTS, FEWEST_READERS, SHARE, HoldOut, hold_outs
from tests.recommendations.model.learning import dense

BOOKS = 12
NAN = float("nan")
END = 1e6

Floats = npt.NDArray[np.float64]


def by_kind(
    readers: dense.Rows, times: Sequence[float] | Floats | None = None, seed: int = 0
) -> dict[str, list[HoldOut]]:
    """The hold-outs by kind."""
    liked = dense.matrix(readers, BOOKS)
    times = np.full(liked.nnz, NAN) if times is None else np.asarray(times, dtype=float)
    found: dict[str, list[HoldOut]] = {}
    for hold_out in hold_outs(liked, times, END, seed):
        found.setdefault(hold_out.kind, []).append(hold_out)
    return found


def held_out(readers: dense.Rows, times: Sequence[float] | Floats | None = None, seed: int = 0) -> dict[str, HoldOut]:
    """The hold-outs by kind, none of which is by time."""
    return {kind: hold_out for kind, (hold_out,) in by_kind(readers, times, seed).items()}


def shuffled(readers: int, each: int, seed: int = 0) -> list[list[int]]:
    """Readers of `each` books in random order."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(BOOKS)[:each].tolist() for _ in range(readers)]


def in_two(hold_out: HoldOut) -> list[tuple[list[int], list[int]]]:
    """The training and the test part of each reader."""
    return list(zip(dense.rows_of(hold_out.training), dense.rows_of(hold_out.test), strict=True))


def undated_and_dated(readers: list[list[int]], data: st.DataObject) -> list[float]:
    """Times with gaps for the books of these readers, of which all, some or none are known."""
    moments = st.sampled_from([NAN, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    count = sum(map(len, readers))
    return data.draw(st.lists(moments, min_size=count, max_size=count))


@given(st.data())
def test_training_and_test_parts_split_the_likes(data: st.DataObject) -> None:
    """Without times nothing is lost, nothing is in both, and the training part stays in reading order."""
    readers = data.draw(dense.rows(BOOKS, most=70))
    times = undated_and_dated(readers, data)
    for hold_out in held_out(readers, times).values():
        assert hold_out.training.shape == hold_out.test.shape == (len(readers), BOOKS)
        for reader, (known, wanted) in zip(readers, in_two(hold_out), strict=True):
            assert known == [book for book in reader if book not in wanted]
            assert sorted(known + wanted) == sorted(reader)
        for part in (hold_out.training, hold_out.test):
            assert part.data.tolist() == [1.0] * part.nnz


@given(st.data())
def test_the_training_part_keeps_its_times(data: st.DataObject) -> None:
    """Each entry of the training part has its own time, and the future begins where the history ends, or at a cut."""
    readers = shuffled(data.draw(st.integers(1, 80)), 5)
    times = undated_and_dated(readers, data)
    pairs = [(reader, book) for reader, history in enumerate(readers) for book in history]
    time_of = dict(zip(pairs, times, strict=True))
    for kind, parts in by_kind(readers, times).items():
        for part in parts:
            known = [(reader, book) for reader, (books, _) in enumerate(in_two(part)) for book in books]
            assert part.times.tolist() == pytest.approx([time_of[pair] for pair in known], nan_ok=True)
            assert part.reference == END or kind == "time"


@given(st.data())
def test_cuts_at_several_moments(data: st.DataObject) -> None:
    """Each hold-out by time knows what came until a moment, and wants the fifth of the history that came next."""
    readers = shuffled(120, 8, data.draw(st.integers(0, 9)))
    dates = data.draw(st.integers(100, 1000))
    times = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, dates, 120 * 8).astype(float)
    undated = data.draw(st.sampled_from([0, 3, 7]))
    if undated:
        times[::undated] = NAN
    found = by_kind(readers, times)
    assert list(found) == ["time"]
    assert len(found["time"]) == len(CUTS)
    pairs = [(reader, book) for reader, books in enumerate(readers) for book in books]
    time_of = dict(zip(pairs, times.tolist(), strict=True))
    history = sorted(times[~np.isnan(times)].tolist())
    for share, part in zip(CUTS, found["time"], strict=True):
        earlier = [(reader, book) for reader, (known, _) in enumerate(in_two(part)) for book in known]
        later = [(reader, book) for reader, (_, wanted) in enumerate(in_two(part)) for book in wanted]
        assert part.reference == history[int(share * len(history))]
        end = np.quantile(history, min(share + SHARE, 1.0), method="higher")
        # Undated ones may be of any time; knowing them is no harm, and they cannot be asked for.
        assert earlier == [pair for pair in pairs if not time_of[pair] > part.reference]
        assert {time_of[pair] for pair in later} <= {*history}
        # Of the same moment, all entries are on the same side of a cut.
        assert [pair for pair in pairs if part.reference < time_of[pair] < end] == [
            pair for pair in later if time_of[pair] < end
        ]
        assert max(time_of[pair] for pair in later) <= end
        assert 0.5 * SHARE < len(later) / len(history) < 1.5 * SHARE


def test_cuts_of_a_hundred_moments() -> None:
    """By hand: from the last fifth back to the fifth after the middle."""
    times = np.arange(1000.0)
    readers = [[*range(10)] for _ in range(100)]
    # Readers come one after the other each round, so that all have books in all parts.
    ordered = times.reshape(10, 100).T.ravel()
    parts = by_kind(readers, ordered)["time"]
    assert [part.reference for part in parts] == [800, 700, 600, 500]
    assert [part.training.nnz for part in parts] == [801, 701, 601, 501]
    assert [part.test.nnz for part in parts] == pytest.approx([199, 200, 200, 200], abs=1)
    assert in_two(parts[0])[5] == ([*range(8)], [8, 9])
    assert in_two(parts[3])[5] == ([*range(5)], [5, 6])


def test_no_more_cuts_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With enough readers two moments are used, since every moment takes time; with fewer, further ones."""
    readers = shuffled(120, 8)
    times = np.random.default_rng(0).permutation(120 * 8).astype(float)
    evaluated = [len(part.readers) for part in by_kind(readers, times)["time"]]
    assert len(evaluated) == 4
    for enough, cuts in ((1, 2), (sum(evaluated[:2]), 2), (sum(evaluated[:2]) + 1, 3), (sum(evaluated[:3]) + 1, 4)):
        monkeypatch.setattr(holdout, "ENOUGH_READERS", enough)
        assert len(by_kind(readers, times)["time"]) == cuts


def test_the_latest_fifth_of_each_reader() -> None:
    """Without times, the latest of each reader's books are held out: one of three, two of ten, none of two."""
    readers = [[5, 3, 4], [9, 8, 2, 3, 1, 0, 11, 6, 5, 7], [4, 2], [1], [], [2, 9, 0, 1, 3, 8, 7, 6]]
    hold_outs_ = held_out(readers)
    assert list(hold_outs_) == ["order", "drift"]
    assert [wanted for _, wanted in in_two(hold_outs_["order"])] == [[4], [5, 7], [], [], [], [7, 6]]
    assert list(map(len, dense.rows_of(hold_outs_["drift"].test))) == [1, 2, 0, 0, 0, 2]


@pytest.mark.parametrize("descending", [False, True])
def test_books_sorted_by_id_have_no_reading_order(descending: bool) -> None:
    """A random fifth is held out instead of the latest if nearly all books ascend, or descend, by id."""
    readers = [sorted(history, reverse=descending) for history in shuffled(30, 6)]
    assert list(held_out(readers)) == ["random", "drift"]
    # Two swapped books of 180 do not make it a reading order.
    readers[3][1:3] = readers[3][2:0:-1]
    assert list(held_out(readers)) == ["random", "drift"]
    assert list(held_out([[2, 1, 3], [5, 4, 6]])) == ["order", "drift"]


def test_the_order_is_within_readers() -> None:
    """Ascending books of each reader are sorted, though each starts below the last; single books have no order."""
    assert list(held_out([[1, 2]] * 9)) == ["random", "drift"]
    assert list(held_out([[], [2, 1], [], [], [4, 3], []])) == ["random", "drift"]
    assert list(held_out([[1], [3], [2], [5]])) == ["random", "drift"]


def test_a_random_fifth_is_uniform() -> None:
    """Of sorted histories every place, and so every book, is held out about equally often."""
    random = held_out([[*range(BOOKS)]] * 600)["random"]
    wanted = np.bincount(random.test.indices, minlength=BOOKS)
    assert wanted.sum() == 600 * 2
    # 100 ± 9 each.
    assert wanted.min() > 65
    assert wanted.max() < 135


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
        np.where(np.arange(120 * 8) % 8 == 0, 5.0, 6.0),
    ],
    ids=["one moment", "half dated", "most of it at the last moment"],
)
def test_too_few_times(times: Floats) -> None:
    """If too few entries have different times, they are held out as if there were no times."""
    assert list(held_out(shuffled(120, 8), times)) == ["order", "drift"]


def test_more_than_half_of_the_times() -> None:
    """Times that are known of more than half of the entries are enough."""
    times = np.random.default_rng(0).random(120 * 8)
    times[: 120 * 4 - 1] = NAN
    assert list(by_kind(shuffled(120, 8), times)) == ["time"]


@pytest.mark.parametrize(
    ("readers", "kinds"), [(FEWEST_READERS - 1, ["random", "drift"]), (FEWEST_READERS, ["time"])]
)
def test_too_few_readers_for_hold_outs_by_time(readers: int, kinds: list[str]) -> None:
    """Only readers with books in both parts count: of these readers the second book is in the last twentieth."""
    between = 18 * readers
    times = [*np.tile([0.0, 99.0], readers), *np.linspace(1, 98, between)]
    assert list(by_kind([[1, 0]] * readers + [[0]] * between, times)) == kinds


@pytest.mark.parametrize(
    ("readers", "kinds"), [(FEWEST_READERS // 4, ["order", "drift"]), (FEWEST_READERS // 4 + 1, ["time"])]
)
def test_readers_count_once_for_each_cut(readers: int, kinds: list[str]) -> None:
    """Readers who read all the time are evaluated at each of the four cuts."""
    times = np.arange(10.0 * readers).reshape(10, readers).T.ravel()
    assert list(by_kind(shuffled(readers, 10), times)) == kinds


def test_moments_with_many_books() -> None:
    """Where several cuts fall on the same moment it counts once, and the last moment has nothing after it."""
    # The first half, and then two fifths and a tenth, each at once.
    times = np.repeat([1.0, 2.0, 3.0], [60 * 5, 60 * 4, 60 * 1]).reshape(10, 60).T.ravel()
    (part,) = by_kind(shuffled(60, 10), times)["time"]
    assert part.reference == 2.0
    assert (part.training.nnz, part.test.nnz) == (60 * 9, 60)


@pytest.mark.parametrize("readers", [[], [[]], [[1]], [[1], [2, 3]]])
def test_tiny_data_holds_nothing_out(readers: list[list[int]]) -> None:
    """If no reader has three books, nothing is held out."""
    for times in (None, [float(position) for position in range(sum(map(len, readers)))]):
        hold_outs_ = held_out(readers, times)
        assert len(hold_outs_) == 2
        for hold_out in hold_outs_.values():
            assert hold_out.test.nnz == 0
            assert len(hold_out.readers) == 0


def test_readers_with_both_parts_are_evaluated() -> None:
    """Readers with only one part are not."""
    known, wanted = dense.matrix([[1], [], [2], []], 3), dense.matrix([[], [1], [1, 0], []], 3)
    hold_out = HoldOut(known, wanted, "none", np.full(2, NAN), END)
    assert hold_out.readers.tolist() == [2]
