"""Every process is killed while readers buy: each order is stored, settled and counted exactly once."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.store.schema import books, interactions, order_changes, order_lines, orders
from payments.store import payments
from recommendations.store.schema import interactions as recorded
from servicekit.database.engine import open_engine, reading
from tests.drills import is_running
from tests.e2e.processes import DEADLINE
from tests.e2e.selling.buyers import Buyer, buyers_of, sign_up
from tests.e2e.selling.market import Market
from tests.e2e.small_shop import BOOKS, SmallShop
from tests.marketplace.stored import put

pytestmark = [pytest.mark.long, pytest.mark.slow]

BUYERS = 10
CHECKOUTS, KILLS = (
    (1000, {"shop": 5, "relay": 2, "recommendations": 2, "provider": 5})
    if is_running("sell")
    else (100, dict.fromkeys(("shop", "relay", "recommendations", "provider"), 1))
)
SCARCE, COPIES, PLENTY = 1, 2, 10_000
FIRST_SHOP_READER = 1_000_000_000


class Acknowledged:
    """Orders that the shop acknowledged: ids by reader and checkout key."""

    def __init__(self) -> None:
        self.orders: dict[tuple[int, str], str] = {}
        self.sold_out = 0
        self._changed = threading.Condition()

    def note(self, reader_id: int, key: str, order_id: str) -> None:
        """Record an order."""
        with self._changed:
            assert (reader_id, key) not in self.orders
            self.orders[reader_id, key] = order_id
            self._changed.notify_all()

    def note_sold_out(self) -> None:
        """Count an answer that a book is sold out."""
        with self._changed:
            self.sold_out += 1

    def await_orders(self, number: int) -> None:
        """Wait until this many orders are acknowledged."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.orders) >= number, 3 * DEADLINE), len(self.orders)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The shop's database, on SQLite and PostgreSQL, with one scarce book."""
    with closing(open_store(database_url)) as store:
        store.migrate()
        for id_ in range(1, BOOKS + 1):
            put(store, Book(id=id_, title=f"Book {id_}", price=Money(999, "EUR"), stock=copies_of(id_)))
        yield store


def copies_of(book_id: int) -> int:
    """The initial copies of a book."""
    return COPIES if book_id == SCARCE else PLENTY


class Crowd:
    """Buyers who place their orders whatever process is killed meanwhile."""

    def __init__(self, market: Market, acknowledged: Acknowledged) -> None:
        self._market = market
        self._acknowledged = acknowledged
        self._barrier = threading.Barrier(BUYERS)

    def buy_all(self, buyer: Buyer) -> None:
        """Buy the scarce book at the same moment as all others, then random books."""
        chance = random.Random(buyer.session.reader_id)
        done = int(self._buy(buyer, SCARCE, self._barrier))
        while done < CHECKOUTS // BUYERS:
            done += self._buy(buyer, chance.choice([SCARCE, *range(2, BOOKS + 1)]))

    def _buy(self, buyer: Buyer, book_id: int, barrier: threading.Barrier | None = None) -> bool:
        retry = self._market.retry
        retry(lambda: buyer.add_to_cart(book_id))
        form = retry(buyer.checkout_form)
        if barrier:
            barrier.wait(DEADLINE)
        if form is None:
            retry(buyer.empty_cart)
            return False
        answer = retry(lambda: buyer.post("/checkout", form))
        if answer.status == 409:
            self._acknowledged.note_sold_out()
            retry(buyer.empty_cart)
            return False
        assert answer.status == 303, answer
        self._acknowledged.note(buyer.session.reader_id, dict(form)["key"], answer.location.removeprefix("/orders/"))
        return True


def kill_all(market: Market, acknowledged: Acknowledged) -> None:
    """Kill each process at random numbers of orders, the same in every run."""
    chance = random.Random(7)
    names = [name for name, times in KILLS.items() for _ in range(times)]
    chance.shuffle(names)
    numbers = sorted(chance.sample(range(BUYERS, CHECKOUTS * 9 // 10), len(names)))
    for name, number in zip(names, numbers, strict=True):
        acknowledged.await_orders(number)
        market.kills[name]()


def test_nothing_is_lost_or_repeated(
    store: Store, database_url: str, trained_shop: SmallShop, tmp_path: Path
) -> None:
    """Shop, relays, Recommendations and provider are killed during checkouts and restarted."""
    acknowledged = Acknowledged()
    sessions = sign_up(Settings(data_dir=tmp_path / "marketplace"), store, BUYERS)
    with ExitStack() as stack:
        market = Market(tmp_path, database_url, trained_shop, stack)
        buyers = stack.enter_context(buyers_of(market.shop, sessions))
        with ThreadPoolExecutor(BUYERS + 1) as pool:
            killing = pool.submit(kill_all, market, acknowledged)
            crowd = Crowd(market, acknowledged)
            for buying in [pool.submit(crowd.buy_all, buyer) for buyer in buyers]:
                buying.result()
            killing.result()
        market.await_delivery(store)
    assert not [line for line in market.log if "event=unexpected_exception" in line]
    assert len(acknowledged.orders) == CHECKOUTS
    assert acknowledged.sold_out
    states = require_each_order_once(store, acknowledged)
    require_provider_agrees(market, states)
    require_stock(store, states)
    require_each_event_once(store, market, states)


def require_each_order_once(store: Store, acknowledged: Acknowledged) -> dict[str, str]:
    """Exactly the acknowledged orders are stored, each paid or rejected once; returns states by id."""
    with reading(store.engine) as connection:
        rows = connection.execute(select(orders)).all()
        changes = connection.execute(select(order_changes.c.order_id, order_changes.c.state)).all()
    assert {(row.reader_id, row.checkout_key): row.order_id for row in rows} == acknowledged.orders
    assert len(rows) == len(acknowledged.orders)
    states: dict[str, str] = {row.order_id: row.state for row in rows}
    assert set(states.values()) == {"paid", "rejected"}
    assert Counter(tuple(change) for change in changes) == Counter(
        change for id_, state in states.items() for change in ((id_, "placed"), (id_, state))
    )
    return states


def require_provider_agrees(market: Market, states: dict[str, str]) -> None:
    """The provider decided the same orders in the same way."""
    engine = open_engine(market.providers_database)
    with reading(engine) as connection:
        decided = connection.execute(select(payments.c.payment_id, payments.c.state)).all()
    engine.dispose()
    state_of = {"paid": "paid", "declined": "rejected"}
    assert {id_: state_of[state] for id_, state in decided} == states
    assert len(decided) == len(states)


def require_stock(store: Store, states: dict[str, str]) -> None:
    """Exactly the copies in paid orders are gone from stock."""
    with reading(store.engine) as connection:
        lines = connection.execute(select(order_lines)).all()
        left = {row.book_id: row.stock for row in connection.execute(select(books.c.book_id, books.c.stock))}
    sold = Counter(dict.fromkeys(left, 0))
    for line in lines:
        assert line.taken == line.quantity
        sold[line.book_id] += line.quantity * (states[line.order_id] == "paid")
    assert left == {id_: copies_of(id_) - sold[id_] for id_ in left}


def require_each_event_once(store: Store, market: Market, states: dict[str, str]) -> None:
    """Each paid line is one purchase in the shop and in Recommendations, and both have the same interactions."""
    with reading(store.engine) as connection:
        lines = connection.execute(select(order_lines.c.order_id, order_lines.c.book_id)).all()
        kept = sorted(connection.execute(select(interactions.c.interaction_id)).scalars())
    engine = open_engine(market.recommending.database)
    with reading(engine) as connection:
        ours = recorded.c.reader_id >= FIRST_SHOP_READER
        delivered = sorted(connection.execute(select(recorded.c.id).where(ours)).scalars())
    engine.dispose()
    purchases = sorted(f"purchase-{order}-{book}" for order, book in lines if states[order] == "paid")
    assert [id_ for id_ in kept if id_.startswith("purchase-")] == purchases
    assert delivered == kept
