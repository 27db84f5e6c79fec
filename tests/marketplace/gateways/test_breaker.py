"""The circuit breaker."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from marketplace.gateways.breaker import Breaker, BreakerOpen, State
from tests.marketplace.fakes import Clock


class Down(Exception):
    """The failure that counts."""


def state_of(breaker: Breaker) -> State:
    """The state; a function, because a type checker thinks that a compared attribute cannot change."""
    return breaker.state


def fail(breaker: Breaker) -> None:
    with pytest.raises(Down), breaker.call():
        raise Down


def succeed(breaker: Breaker) -> None:
    with breaker.call():
        pass


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(Down, clock=clock)
    for _ in range(5):
        fail(breaker)
    assert state_of(breaker) is State.OPEN
    return breaker


def test_it_stays_closed_below_the_minimum_volume() -> None:
    """Four failures are too few; the fifth opens it."""
    breaker = Breaker(Down, clock=Clock())
    for _ in range(4):
        fail(breaker)
    assert state_of(breaker) is State.CLOSED
    fail(breaker)
    assert state_of(breaker) is State.OPEN


def test_it_stays_closed_below_the_failure_rate() -> None:
    """Occasional failures do not open it."""
    breaker = Breaker(Down, clock=Clock())
    for _ in range(20):
        succeed(breaker)
        succeed(breaker)
        fail(breaker)
    assert state_of(breaker) is State.CLOSED


def test_many_past_successes_do_not_hide_an_outage() -> None:
    """After a thousand successes within the window, eight failures still open it."""
    breaker = Breaker(Down, clock=Clock())
    for _ in range(1000):
        succeed(breaker)
    for _ in range(8):
        fail(breaker)
    assert state_of(breaker) is State.OPEN


def test_failures_older_than_the_window_do_not_count() -> None:
    """Four failures ten seconds ago and one now are not five."""
    clock = Clock()
    breaker = Breaker(Down, clock=clock)
    for _ in range(4):
        fail(breaker)
    clock.seconds += 10.1
    fail(breaker)
    assert state_of(breaker) is State.CLOSED


def test_an_open_breaker_makes_no_call() -> None:
    """No caller waits for a dependency that keeps failing."""
    breaker = opened(Clock())
    with pytest.raises(BreakerOpen), breaker.call():
        pytest.fail("the call was made")


def test_after_the_pause_one_probe_is_made() -> None:
    """Other callers are refused during the probe; its success closes the breaker."""
    clock = Clock()
    breaker = opened(clock)
    clock.seconds += 0.5
    assert state_of(breaker) is State.HALF_OPEN
    with breaker.call(), pytest.raises(BreakerOpen), breaker.call():
        pytest.fail("a second probe was made")
    assert state_of(breaker) is State.CLOSED


def test_a_failed_probe_opens_it_for_another_pause() -> None:
    """The pause starts again when the probe fails."""
    clock = Clock()
    breaker = opened(clock)
    clock.seconds += 0.5
    fail(breaker)
    clock.seconds += 0.4
    assert state_of(breaker) is State.OPEN
    clock.seconds += 0.1
    assert state_of(breaker) is State.HALF_OPEN


def test_an_interrupted_probe_allows_another() -> None:
    """A thread killed during its probe does not block the breaker."""
    clock = Clock()
    breaker = opened(clock)
    clock.seconds += 0.5
    with pytest.raises(SystemExit), breaker.call():
        raise SystemExit
    assert state_of(breaker) is State.HALF_OPEN
    succeed(breaker)
    assert state_of(breaker) is State.CLOSED


def test_other_exceptions_count_as_success() -> None:
    """A dependency that refuses a call is alive."""
    clock = Clock()
    breaker = opened(clock)
    clock.seconds += 0.5
    for _ in range(10):
        with pytest.raises(KeyError), breaker.call():
            raise KeyError
    assert state_of(breaker) is State.CLOSED


def test_a_call_from_before_the_outage_does_not_end_it() -> None:
    """A late success of an old call neither closes an open breaker nor counts as its probe."""
    clock = Clock()
    breaker = Breaker(Down, clock=clock)
    with breaker.call():
        for _ in range(5):
            fail(breaker)
    assert state_of(breaker) is State.OPEN
    clock.seconds += 0.5
    with breaker.call():
        assert state_of(breaker) is State.HALF_OPEN


def test_each_change_is_reported_once() -> None:
    """In order, and the listener may use the breaker itself."""
    clock = Clock()
    reported: list[tuple[State, State, State]] = []
    breaker = Breaker(Down, clock=clock, on_change=lambda old, new: reported.append((old, new, breaker.state)))
    for _ in range(5):
        fail(breaker)
    clock.seconds += 0.5
    succeed(breaker)
    assert reported == [
        (State.CLOSED, State.OPEN, State.OPEN),
        (State.OPEN, State.HALF_OPEN, State.HALF_OPEN),
        (State.HALF_OPEN, State.CLOSED, State.CLOSED),
    ]


def test_calls_run_concurrently() -> None:
    """Eight threads are inside guarded calls at once: the lock is not held meanwhile."""
    breaker = Breaker(Down, clock=Clock())
    inside = Barrier(8, timeout=10)

    def call(_number: int) -> None:
        with breaker.call():
            inside.wait()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(8)))


def test_one_of_many_threads_probes() -> None:
    """The others are refused."""
    clock = Clock()
    breaker = opened(clock)
    clock.seconds += 0.5
    start, end = Barrier(8, timeout=10), Barrier(8, timeout=10)

    def call(_number: int) -> bool:
        start.wait()
        try:
            with breaker.call():
                end.wait()
        except BreakerOpen:
            end.wait()
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(8))) == 1


class BreakerMachine(RuleBasedStateMachine):
    """After any sequence of calls, outcomes and pauses the states follow the diagram."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.changes: list[tuple[State, State]] = []
        self.breaker = Breaker(Down, clock=self.clock, on_change=lambda old, new: self.changes.append((old, new)))
        self.failures_in_a_row = 0
        self.opened_at = 0.0

    @rule()
    def pass_time(self) -> None:
        self.clock.seconds += 0.2

    @rule()
    def good_call(self) -> None:
        try:
            succeed(self.breaker)
        except BreakerOpen:
            assert self.clock.seconds - self.opened_at < 0.5
        else:
            self.failures_in_a_row = 0

    @rule()
    def bad_call(self) -> None:
        try:
            with self.breaker.call():
                raise Down
        except Down:
            self.failures_in_a_row += 1
            if state_of(self.breaker) is State.OPEN:
                self.opened_at = self.clock.seconds
        except BreakerOpen:
            assert self.clock.seconds - self.opened_at < 0.5

    @precondition(lambda self: state_of(self.breaker) is State.HALF_OPEN)
    @rule()
    def interrupt_a_probe(self) -> None:
        with pytest.raises(KeyboardInterrupt), self.breaker.call():
            raise KeyboardInterrupt

    @invariant()
    def an_outage_opens_it(self) -> None:
        if self.failures_in_a_row >= 16:
            assert state_of(self.breaker) is not State.CLOSED

    @invariant()
    def changes_follow_the_diagram(self) -> None:
        allowed = {
            State.CLOSED: {State.OPEN},
            State.OPEN: {State.HALF_OPEN},
            State.HALF_OPEN: {State.OPEN, State.CLOSED},
        }
        assert all(new in allowed[old] for old, new in self.changes)
        assert all(change[1] is after[0] for change, after in pairwise(self.changes))


TestBreakerMachine = pytest.mark.slow(BreakerMachine.TestCase)
