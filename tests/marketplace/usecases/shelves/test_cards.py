"""The cache of cards."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from marketplace.domain.books import Book
from marketplace.domain.errors import StoreUnavailable
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.shelves.cards import MAX_AGE, CardCache
from tests.marketplace.fakes import Clock
from tests.marketplace.stored import execute, put


def titles(cards: CardCache, *ids: int) -> dict[int, str]:
    return {book_id: card.title for book_id, card in cards.of(ids).items()}


def test_cards_expire_after_half_a_minute(store: Store) -> None:
    """Changed and new books appear then and not before."""
    clock = Clock()
    cards = CardCache(store, clock=clock)
    put(store, Book(id=1, title="Dune"))
    assert titles(cards, 1, 2) == {1: "Dune"}
    put(store, Book(id=1, title="Dune Messiah"), Book(id=2, title="Hyperion"))
    clock.seconds += MAX_AGE - 1
    assert titles(cards, 1, 2) == {1: "Dune"}
    clock.seconds += 1
    assert titles(cards, 1, 2) == {1: "Dune Messiah", 2: "Hyperion"}


def test_cached_cards_need_no_database(store: Store) -> None:
    """Cards that are not cached do."""
    cards = CardCache(store)
    put(store, Book(id=1, title="Dune"))
    assert titles(cards, 1) == {1: "Dune"}
    execute(store, "DROP TABLE book_categories")
    execute(store, "ALTER TABLE books RENAME TO gone")
    assert titles(cards, 1) == {1: "Dune"}
    assert titles(cards) == {}
    with pytest.raises(StoreUnavailable):
        cards.of([1, 2])


def test_the_oldest_cards_are_evicted(store: Store) -> None:
    """A catalogue larger than the cache works, and the cards read last stay."""
    clock = Clock()
    cards = CardCache(store, clock=clock, capacity=2)
    put(store, *(Book(id=n, title="old") for n in (1, 2, 3)))
    assert titles(cards, 1, 2, 3) == {1: "old", 2: "old", 3: "old"}
    put(store, *(Book(id=n, title="new") for n in (1, 2, 3)))
    assert titles(cards, 2, 3) == {2: "old", 3: "old"}
    assert titles(cards, 1) == {1: "new"}


def test_dropped_cards_are_read_again_at_once(store: Store) -> None:
    """Other cards stay cached."""
    cards = CardCache(store)
    put(store, Book(id=1, title="old"), Book(id=2, title="old"))
    assert titles(cards, 1, 2) == {1: "old", 2: "old"}
    put(store, Book(id=1, title="new"), Book(id=2, title="new"))
    cards.drop([1, 99])
    assert titles(cards, 1, 2) == {1: "new", 2: "old"}


class ChangingStore(Store):
    """A store in which `change` happens as soon as a read has its answer, before anybody gets it."""

    def __init__(self, store: Store, change: Callable[[], None]) -> None:
        super().__init__(store.engine)
        self._change = [change]

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with super().read() as work:
            yield work
        if self._change:
            self._change.pop()()


@pytest.mark.parametrize("is_read_meanwhile", [False, True])
def test_cards_read_before_a_change_are_not_kept_after_it(store: Store, is_read_meanwhile: bool) -> None:
    """A page that reads while a moderator saves gets the old card; the next page gets the new one."""
    put(store, Book(id=1, title="old"), Book(id=2, title="old"))

    def change() -> None:
        put(store, Book(id=1, title="new"))
        cards.drop([1])
        if is_read_meanwhile:
            assert titles(cards, 1) == {1: "new"}

    cards = CardCache(ChangingStore(store, change))
    assert titles(cards, 1, 2) == {1: "old", 2: "old"}
    assert titles(cards, 1, 2) == {1: "new", 2: "old"}


def test_expired_cards_take_no_memory(sqlite_store: Store) -> None:
    """However many books readers look at, only those of the last half minute are kept."""
    clock = Clock()
    cards = CardCache(sqlite_store, clock=clock)
    put(sqlite_store, *(Book(id=n, title=f"Book {n}") for n in range(1, 1_001)))
    titles(cards, *range(1, 501))
    clock.seconds += MAX_AGE
    tracemalloc.start()
    try:
        titles(cards, *range(501, 1_001))
        more, _ = tracemalloc.get_traced_memory()
        clock.seconds += MAX_AGE
        titles(cards, 1)
        fewer, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fewer < more / 2
