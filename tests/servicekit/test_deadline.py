"""Deadlines of a thread."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from servicekit.deadline import deadline, remaining


def test_without_a_deadline_there_is_no_end() -> None:
    """Commands, which nobody waits for, may take their time."""
    assert remaining() is None


def test_the_time_left_never_falls_below_zero() -> None:
    """The remaining time is never negative, so it can be passed on as a timeout."""
    with deadline(-1.0):
        assert remaining() == 0.0


def test_the_earlier_of_two_deadlines_counts() -> None:
    """A block inside another gets no more time than what is around it; afterwards that one counts again."""
    with deadline(100.0):
        with deadline(1000.0):
            assert 90.0 < (remaining() or 0.0) <= 100.0
        with deadline(10.0):
            assert (remaining() or 100.0) <= 10.0
        assert (remaining() or 0.0) > 90.0


def test_a_deadline_ends_with_its_block_and_is_one_threads() -> None:
    """Also after an exception, and no other thread has it."""
    with ThreadPoolExecutor(1) as pool, contextlib.suppress(ZeroDivisionError), deadline(1.0):
        assert pool.submit(remaining).result() is None
        raise ZeroDivisionError
    assert remaining() is None
