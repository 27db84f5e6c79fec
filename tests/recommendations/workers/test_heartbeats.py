"""Heartbeats, with a clock that the tests set."""

from collections.abc import Iterator

import pytest

from recommendations.workers.heartbeats import MISSED_BEATS, Heartbeats


class Clock:
    """A manual clock in seconds."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heartbeats(clock: Clock) -> Iterator[Heartbeats]:
    """Of two workers."""
    heartbeats = Heartbeats(2, seconds=1.0, clock=clock)
    yield heartbeats
    heartbeats.close()


def steps(heartbeats: Heartbeats, clock: Clock, number: int, *beating: int) -> list[int]:
    """The workers found frozen in so many seconds, in each of which these beat."""
    found = []
    for _ in range(number):
        clock.seconds += 1.0
        for worker in beating:
            heartbeats.beat(worker)
        found += heartbeats.frozen()
    return found


def test_a_silent_worker_is_found_once(heartbeats: Heartbeats, clock: Clock) -> None:
    """After ten missed beats, not before; its successor is watched from its start."""
    assert steps(heartbeats, clock, MISSED_BEATS - 1, 0) == []
    assert steps(heartbeats, clock, 5, 0) == [1]
    heartbeats.started(1)
    assert steps(heartbeats, clock, MISSED_BEATS - 1, 0) == []
    assert steps(heartbeats, clock, 1, 0) == [1]


def test_one_beat_in_time_is_enough(heartbeats: Heartbeats, clock: Clock) -> None:
    """On a busy machine they may be late."""
    for _ in range(5):
        assert steps(heartbeats, clock, MISSED_BEATS - 1) == []
        assert steps(heartbeats, clock, 1, 0, 1) == []


def test_a_suspended_machine_freezes_nobody(heartbeats: Heartbeats, clock: Clock) -> None:
    """The time while the parent did not run either does not count, and many calls at one moment count once."""
    for _ in range(5):
        clock.seconds += 3600.0
        assert [heartbeats.frozen() for _ in range(100)] == [[]] * 100
        assert steps(heartbeats, clock, 1, 0, 1) == []


def test_a_stopped_parent_loses_no_worker(heartbeats: Heartbeats, clock: Clock) -> None:
    """A worker's beats never block it, although nobody reads them."""
    for _ in range(40_000):
        heartbeats.beat(0)
        heartbeats.beat(1)
    assert steps(heartbeats, clock, 1) == []
