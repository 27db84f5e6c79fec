"""Attempts that are counted over all processes of the shop, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from marketplace.domain.limits import Limit
from marketplace.store import Store, open_store
from marketplace.store.schema import attempts
from marketplace.usecases.shared_attempts import SharedAttempts
from marketplace.web.limits import Attempt, Limiter
from tests.marketplace.fakes import Clock

KIND, LIMIT = "sign in by address", Limit(3, 60)
SECRET = "one for all processes"


@pytest.fixture
def clock() -> Clock:
    """The same for all processes, at the begin of a window."""
    clock = Clock()
    clock.seconds = 1_800_000_000.0
    return clock


@pytest.fixture
def one(store: Store, clock: Clock) -> SharedAttempts:
    """Those of one process."""
    return SharedAttempts(store, SECRET, clock=clock)


@pytest.fixture
def other(store: Store, clock: Clock) -> Iterator[SharedAttempts]:
    """Those of another process."""
    url = store.engine.url.render_as_string(hide_password=False)
    with closing(open_store(url)) as opened:
        yield SharedAttempts(opened, SECRET, clock=clock)


def test_a_limit_holds_over_all_processes(one: SharedAttempts, other: SharedAttempts) -> None:
    """Attempts of both count together, by kind and key; forgotten by one, they are forgotten by the other."""
    assert [process.wait(KIND, "a", LIMIT) for process in (one, other, one)] == [0, 0, 0]
    assert one.wait(KIND, "a", LIMIT) == other.wait(KIND, "a", LIMIT) == other.delay(KIND, "a", LIMIT) > 0
    assert other.wait(KIND, "b", LIMIT) == other.wait("sign up", "a", LIMIT) == 0
    one.clear(KIND, "a")
    assert other.delay(KIND, "a", LIMIT) == 0


def test_processes_at_the_same_time_exceed_no_limit(one: SharedAttempts, other: SharedAttempts) -> None:
    """Of sixteen simultaneous attempts three are allowed."""
    start = Barrier(16, timeout=10)

    def attempt(number: int) -> int:
        start.wait()
        return (one, other)[number % 2].wait(KIND, "a", LIMIT)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(attempt, range(16))).count(0) == LIMIT.times


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.builds(Limit, st.integers(1, 5), st.integers(1, 60)),
    eighths=st.lists(st.integers(0, 240), min_size=1, max_size=30),
)
def test_they_are_counted_as_in_memory(store: Store, clock: Clock, limit: Limit, eighths: list[int]) -> None:
    """Whatever the times: the statement of the database computes what the limiter in memory does."""
    kind = Attempt.SEARCH_BY_ADDRESS
    memory = Limiter({kind: limit}, clock=clock)
    with store.write() as work:
        for eighth in eighths:
            clock.seconds += eighth / 8
            seconds = memory.wait(kind, "a")
            counts, (window, passed) = work.attempts.counts(kind.value, "a"), divmod(clock.seconds, limit.seconds)
            assert counts.at(int(window)).delay(limit, passed) == seconds
            assert work.attempts.add(kind.value, "a", limit, at=clock.seconds) is not bool(seconds)


def test_a_late_statement_exceeds_no_limit(store: Store, clock: Clock) -> None:
    """The statement itself refuses what another process has used up meanwhile, in part of the window too."""
    with store.write() as work:
        assert [work.attempts.add(KIND, "a", LIMIT, at=clock.seconds) for _ in range(4)] == [True] * 3 + [False]
        later = [work.attempts.add(KIND, "a", LIMIT, at=clock.seconds + passed) for passed in (59, 60, 79.9, 80, 80)]
        assert later == [False, True, False, True, False]
        work.commit()


def test_a_clock_that_is_behind_changes_no_window(store: Store, clock: Clock) -> None:
    """An attempt of a process whose clock is slow counts in the newer window."""
    with store.write() as work:
        for _ in range(3):
            work.attempts.add(KIND, "a", LIMIT, at=clock.seconds)
        assert not work.attempts.add(KIND, "a", LIMIT, at=clock.seconds - 1)
        assert work.attempts.counts(KIND, "a").at(int(clock.seconds - 1) // 60).delay(LIMIT, 59) > 0


def test_who_is_refused_writes_nothing(one: SharedAttempts, store: Store) -> None:
    """They would take SQLite's write lock again and again."""
    for _ in range(3):
        one.wait(KIND, "a", LIMIT)
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    assert one.wait(KIND, "a", LIMIT) > 0
    assert {statement.split()[0] for statement in statements} - {"BEGIN"} == {"SELECT"}


def test_keys_are_not_readable_in_the_database(one: SharedAttempts, store: Store) -> None:
    """They are e-mails of people who may have no account, or none any more."""
    one.wait(KIND, "ann@example.com", LIMIT)
    with store.read() as work:
        rows = work._connection.execute(select(attempts)).all()
    assert len(rows) == 1
    assert "ann" not in str(rows)


def test_what_no_longer_counts_is_deleted(one: SharedAttempts, store: Store, clock: Clock) -> None:
    """After two windows without an attempt, when it makes no difference."""
    one.wait(KIND, "a", LIMIT)
    clock.seconds += 60
    one.wait(KIND, "b", LIMIT)
    one.prune()
    assert _count(store) == 2
    clock.seconds += 60
    one.prune()
    assert _count(store) == 1


def test_many_keys_push_out_the_oldest(store: Store, clock: Clock) -> None:
    """So that clients, who choose the keys, cannot fill the disk."""
    with store.write() as work:
        for number in range(10):
            work.attempts.add(KIND, str(number), LIMIT, at=clock.seconds + number)
        work.attempts.prune(datetime.fromtimestamp(clock.seconds, UTC), max_rows=4)
        work.commit()
    with store.read() as work:
        kept = work._connection.execute(select(attempts.c.key_digest).order_by(attempts.c.key_digest)).scalars()
        assert list(kept) == ["6", "7", "8", "9"]


def _count(store: Store) -> int:
    with store.read() as work:
        return work._connection.execute(select(func.count()).select_from(attempts)).scalar_one()
