"""A value that one thread loads for all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from marketplace.usecases.shelves.shared_value import SharedValue
from tests.marketplace.fakes import Clock

THREADS = 8


class Loader:
    """Counts its calls; a call blocks until it may go on."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_go_on = Event()
        self.began = Event()
        self.error: Exception | None = None

    def __call__(self) -> int:
        self.calls += 1
        self.began.set()
        assert self.may_go_on.wait(30)
        if self.error is not None:
            raise self.error
        return self.calls


@pytest.fixture
def loader() -> Loader:
    """A loader that blocks."""
    return Loader()


def shared(clock: Clock) -> SharedValue[int]:
    return SharedValue(1.0, usable_seconds=10.0, clock=clock)


def test_a_value_is_loaded_once_until_it_is_old(loader: Loader) -> None:
    """Or until another version is needed."""
    clock = Clock()
    value = shared(clock)
    loader.may_go_on.set()
    assert [value.get(loader), value.get(loader)] == [1, 1]
    clock.seconds += 1
    assert [value.get(loader), value.get(loader)] == [2, 2]
    assert [value.get(loader, version="b"), value.get(loader, version="b")] == [3, 3]


def test_nobody_waits_while_there_is_a_usable_one(loader: Loader) -> None:
    """One thread loads the next value; the others get the one before."""
    clock = Clock()
    value = shared(clock)
    loader.may_go_on.set()
    value.get(loader)
    loader.may_go_on.clear()
    loader.began.clear()
    clock.seconds += 5
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(value.get, loader)
        assert loader.began.wait(30)
        assert [value.get(loader) for _ in range(THREADS)] == [1] * THREADS
        loader.may_go_on.set()
        assert loading.result() == 2


@pytest.mark.parametrize("error", [None, ValueError("no")])
def test_all_who_wait_share_one_load(loader: Loader, error: Exception | None) -> None:
    """Its value or its exception; a later request tries again after an exception."""
    value = shared(Clock())
    loader.error = error
    began = [Event() for _ in range(THREADS)]

    def ask(number: int) -> object:
        began[number].set()
        try:
            return value.get(loader)
        except ValueError as raised:
            return raised

    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask, number) for number in range(THREADS)]
        assert all(event.wait(30) for event in began)
        assert loader.began.wait(30)
        loader.may_go_on.set()
        results = [future.result() for future in asked]
    # A thread that was slow to ask may have begun after the load.
    assert loader.calls < THREADS if error else loader.calls == 1
    assert set(map(str, results)) == ({"no"} if error else {"1"})
    calls = loader.calls
    loader.error = None
    value.get(loader)
    assert loader.calls == (calls + 1 if error else calls)


def test_a_value_that_is_too_old_is_waited_for(loader: Loader) -> None:
    """It is not used, and a failure to load is raised."""
    clock = Clock()
    value = shared(clock)
    loader.may_go_on.set()
    value.get(loader)
    clock.seconds += 10
    loader.error = ValueError("no")
    with pytest.raises(ValueError, match="no"):
        value.get(loader)
