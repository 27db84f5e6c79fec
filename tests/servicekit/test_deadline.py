"""Deadlines of a thread."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from servicekit.deadline import deadline, remaining


def test_without_a_deadline_time_is_unlimited() -> None:
    """`remaining` is None."""
    assert remaining() is None


def test_the_time_left_never_falls_below_zero() -> None:
    """So it can be passed on as a timeout."""
    with deadline(-1.0):
        assert remaining() == 0.0


def test_the_earlier_of_two_deadlines_counts() -> None:
    """An inner deadline cannot extend an outer one, which counts again afterwards."""
    with deadline(100.0):
        with deadline(1000.0):
            assert 90.0 < (remaining() or 0.0) <= 100.0
        with deadline(10.0):
            assert (remaining() or 100.0) <= 10.0
        assert (remaining() or 0.0) > 90.0


def test_a_deadline_is_for_its_block_and_thread() -> None:
    """It ends after an exception too, and other threads do not have it."""
    with ThreadPoolExecutor(1) as pool, contextlib.suppress(ZeroDivisionError), deadline(1.0):
        assert pool.submit(remaining).result() is None
        raise ZeroDivisionError
    assert remaining() is None
