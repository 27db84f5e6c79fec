"""The cache of best-sellers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event, Thread

import pytest
import structlog

from marketplace.domain.books import BestSellers, Book
from marketplace.domain.errors import StoreUnavailable
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.shelves.best_sellers import MAX_AGE, BestSellersCache
from tests.marketplace.fakes import Clock
from tests.marketplace.stored import execute, put


def put_ids(store: Store, *ids: int) -> None:
    put(store, *(Book(id=book_id, title="A book") for book_id in ids))


def ids(best: BestSellers) -> list[int]:
    return [card.id for card in best.overall]


def break_down(store: Store) -> None:
    execute(store, "DROP TABLE book_categories")


def test_they_expire_after_half_a_minute(store: Store) -> None:
    """New books appear then and not before."""
    clock = Clock()
    best_sellers = BestSellersCache(store, clock=clock)
    put_ids(store, 1)
    assert ids(best_sellers.current()) == [1]
    put_ids(store, 2)
    clock.seconds += MAX_AGE - 1
    assert ids(best_sellers.current()) == [1]
    clock.seconds += 1
    assert ids(best_sellers.current()) == [1, 2]


def test_old_ones_stay_when_the_database_fails(store: Store) -> None:
    """Pages still have best-sellers, and each failed attempt is logged."""
    clock = Clock()
    best_sellers = BestSellersCache(store, clock=clock)
    put_ids(store, 1)
    best_sellers.current()
    break_down(store)
    clock.seconds += MAX_AGE
    with structlog.testing.capture_logs() as logs:
        assert ids(best_sellers.current()) == [1]
        assert ids(best_sellers.current()) == [1]
    assert len(logs) == 1


def test_the_first_read_may_fail(store: Store) -> None:
    """The first page of a shop without a database fails, and a later one tries again."""
    break_down(store)
    best_sellers = BestSellersCache(store, clock=Clock())
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            best_sellers.current()


class BlockingStore(Store):
    """A store whose reads wait for `release` while `blocks` is set."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine)
        self.blocks = False
        self.reading, self.release = Event(), Event()

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        if self.blocks:
            self.reading.set()
            assert self.release.wait(10)
        with super().read() as work:
            yield work


def test_one_thread_reads_while_the_others_use_the_cache(store: Store) -> None:
    """A slow database delays one page every half minute."""
    clock = Clock()
    store = BlockingStore(store)
    best_sellers = BestSellersCache(store, clock=clock)
    put_ids(store, 1)
    known = best_sellers.current()
    store.blocks = True
    clock.seconds += MAX_AGE
    thread = Thread(target=best_sellers.current)
    thread.start()
    assert store.reading.wait(10)
    assert best_sellers.current() is known
    store.release.set()
    thread.join()
    assert best_sellers.current() is not known


def test_concurrent_first_pages_read_once(store: Store) -> None:
    """Eight visitors of a new process cause one query, and all see the same."""
    best_sellers = BestSellersCache(store, clock=Clock())
    put_ids(store, 1)
    start = Barrier(8, timeout=10)

    def visit(_number: int) -> BestSellers:
        start.wait()
        return best_sellers.current()

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(visit, range(8)))
    assert len({id(best) for best in seen}) == 1
