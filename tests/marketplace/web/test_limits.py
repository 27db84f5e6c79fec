"""Rate limits, with a clock of the test."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.limits import Limit
from marketplace.web.limits import LIMITS, Attempt, Limiter

SEARCH, SUGGEST = Attempt.SEARCH_BY_ADDRESS, Attempt.SUGGEST_BY_ADDRESS


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_every_kind_of_attempt_has_a_limit() -> None:
    """The table of limits is complete."""
    assert set(LIMITS) == set(Attempt)


def test_attempts_beyond_the_limit_wait() -> None:
    """Those within it are counted, the next is refused, and another key has its own count."""
    limiter = Limiter({SEARCH: Limit(3, 60)}, clock=Clock())
    assert [limiter.wait(SEARCH, "a") for _ in range(3)] == [0, 0, 0]
    assert limiter.wait(SEARCH, "a") > 0
    assert limiter.wait(SEARCH, "b") == 0


def test_looking_counts_nothing() -> None:
    """`delay` says how long to wait, however often it is asked."""
    limiter = Limiter({SEARCH: Limit(1, 60)}, clock=Clock())
    assert [limiter.delay(SEARCH, "a") for _ in range(5)] == [0] * 5
    limiter.wait(SEARCH, "a")
    assert limiter.delay(SEARCH, "a") > 0


@given(
    times=st.integers(1, 20),
    seconds=st.integers(1, 600),
    pauses=st.lists(st.integers(0, 100) | st.floats(0, 100), min_size=1, max_size=60),
)
def test_a_client_who_waits_as_told_is_allowed_and_not_much_sooner(
    times: int, seconds: int, pauses: list[float]
) -> None:
    """After the seconds of a refusal the attempt is allowed; two seconds before that it is not."""
    clock = Clock()
    limiter = Limiter({SEARCH: Limit(times, seconds)}, clock=clock)
    for pause in pauses:
        clock.now += pause
        if not (wait := limiter.wait(SEARCH, "a")):
            continue
        assert wait <= seconds
        begin = clock.now
        if wait > 2:
            clock.now = begin + wait - 2
            assert limiter.delay(SEARCH, "a") > 0
        clock.now = begin + wait
        assert limiter.wait(SEARCH, "a") == 0


def test_attempts_of_the_previous_window_count_in_part() -> None:
    """Of three a minute, all at the begin of a window: in the next window one more is allowed every 20 seconds."""
    clock = Clock()
    clock.now = 60_000.0
    limiter = Limiter({SEARCH: Limit(3, 60)}, clock=clock)
    for _ in range(3):
        assert limiter.wait(SEARCH, "a") == 0
    assert limiter.delay(SEARCH, "a") == 60
    for delay in (60, 20, 20):
        clock.now += delay
        assert limiter.wait(SEARCH, "a") == 0
        assert limiter.delay(SEARCH, "a") == 20


@given(times=st.integers(1, 10), pauses=st.lists(st.floats(0, 30), min_size=1, max_size=80))
def test_a_window_has_at_most_twice_the_limit(times: int, pauses: list[float]) -> None:
    """In no window of a minute are more allowed than twice the limit, in fixed windows no more than the limit."""
    clock = Clock()
    limiter = Limiter({SEARCH: Limit(times, 60)}, clock=clock)
    allowed = []
    for pause in pauses:
        clock.now += pause
        if limiter.wait(SEARCH, "a") == 0:
            allowed.append(clock.now)
    windows = [moment // 60 for moment in allowed]
    assert all(windows.count(window) <= times for window in windows)
    assert all(sum(moment - 60 < other <= moment for other in allowed) <= 2 * times for moment in allowed)


def test_after_a_pause_all_are_allowed_again() -> None:
    """Two windows later nothing counts any more."""
    clock = Clock()
    limiter = Limiter({SEARCH: Limit(3, 60)}, clock=clock)
    for _ in range(3):
        limiter.wait(SEARCH, "a")
    clock.now += 120
    assert [limiter.wait(SEARCH, "a") for _ in range(3)] == [0, 0, 0]


def test_limits_take_limited_memory() -> None:
    """Clients choose their keys: a limit forgets those that were used longest ago, and no other limit's."""
    limiter = Limiter({SEARCH: Limit(1, 60), SUGGEST: Limit(1, 60)}, max_keys=10, clock=Clock())
    assert limiter.wait(SUGGEST, "a") == limiter.wait(SEARCH, "a") == 0
    for number in range(1000):
        assert limiter.wait(SEARCH, "a") > 0
        assert limiter.wait(SEARCH, f"address {number}") == 0
    assert limiter.wait(SEARCH, "address 0") == 0
    assert limiter.wait(SUGGEST, "a") > 0
    assert len(limiter._known[SEARCH]) == 10
