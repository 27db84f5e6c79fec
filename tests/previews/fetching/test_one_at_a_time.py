"""One thread at a time for a key."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from previews.domain import HostBusy
from previews.fetching.one_at_a_time import OneAtATime
from servicekit.deadline import deadline

DEADLINE = 30.0


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_one_thread_has_a_key(pool: ThreadPoolExecutor) -> None:
    """The next one begins when the first has ended; another key does not wait."""
    hosts, order, started = OneAtATime(), [], Event()

    def second() -> None:
        started.set()
        with hosts.held("a"):
            order.append("second")

    with hosts.held("a"):
        waiting = pool.submit(second)
        assert started.wait(DEADLINE)
        with hosts.held("b"):
            order.append("other")
        order.append("first")
    waiting.result(DEADLINE)
    assert order == ["other", "first", "second"]


def test_waiting_ends_with_the_deadline(pool: ThreadPoolExecutor) -> None:
    """A thread whose time is over gets an error, and the key is free afterwards."""
    hosts = OneAtATime()

    def second() -> None:
        with deadline(0.01), hosts.held("a"):
            pytest.fail("two threads have the key")

    with hosts.held("a"), pytest.raises(HostBusy):
        pool.submit(second).result(DEADLINE)
    with hosts.held("a"):
        pass


def test_few_threads_wait(pool: ThreadPoolExecutor) -> None:
    """All the threads there are never wait for one host: further ones get an error at once."""
    hosts = OneAtATime(waiting=0)
    with ExitStack() as stack:
        stack.enter_context(hosts.held("a"))
        with pytest.raises(HostBusy):
            stack.enter_context(hosts.held("a"))


def test_nothing_is_kept_of_a_key() -> None:
    """Hosts are named by strangers: their number must not fill the memory."""
    hosts = OneAtATime()
    for i in range(100):
        with pytest.raises(ZeroDivisionError), hosts.held(str(i)):
            raise ZeroDivisionError
    assert hosts._entries == {}
