"""Backups while readers buy, on both databases: what was acknowledged before is restored, each thing once."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import open_store
from tests.drills import is_running
from tests.e2e.backups.compared import Databases
from tests.e2e.backups.composed import composed, migrate_notices
from tests.e2e.processes import DEADLINE, Command, Process, await_that
from tests.e2e.selling.buyers import Buyer, buyers_of, sign_up
from tests.e2e.selling.market import Market
from tests.e2e.small_shop import BOOKS, SmallShop, train_small_shop
from tests.marketplace.stored import put

pytestmark = pytest.mark.slow

BUYERS = 4
ORDERS = 1_000 if is_running("restore") else 15
"""How many orders are placed before the backup, and as many again afterwards."""
COPIES = 10_000
REFUSED = "the database marketplace is not empty; restore into new volumes: nothing was changed\n"


class Placed:
    """The orders that the shop has acknowledged, while buyers place more of them."""

    def __init__(self) -> None:
        self._orders: list[str] = []
        self._changed = threading.Condition()
        self._enough = threading.Event()

    def buy(self, buyer: Buyer) -> None:
        """Order books until it is enough."""
        chance = random.Random(buyer.session.reader_id)
        while not self._enough.is_set():
            buyer.add_to_cart(chance.randint(1, BOOKS))
            form = buyer.checkout_form()
            assert form is not None
            answer = buyer.post("/checkout", form)
            assert answer.status == 303, answer
            with self._changed:
                self._orders.append(answer.location.removeprefix("/orders/"))
                self._changed.notify_all()

    def await_more(self, number: int) -> set[str]:
        """Wait for this many further orders; returns all so far."""
        with self._changed:
            enough = len(self._orders) + number
            assert self._changed.wait_for(lambda: len(self._orders) >= enough, DEADLINE), len(self._orders)
            return set(self._orders)

    def stop(self) -> None:
        self._enough.set()


@dataclass(frozen=True)
class Business:
    """A shop and Recommendations, with a way to back both up, and to restore them where there is nothing."""

    folder: Path
    shop: str
    recommending: SmallShop
    back_up: Callable[[], None]
    restore: Callable[[], tuple[str, SmallShop]]
    """Returns the URL of the restored shop's database, and the restored Recommendations."""


@pytest.fixture
def on_sqlite(trained_shop: SmallShop, tmp_path: Path) -> Business:
    """Both on SQLite, with the commands of the services."""
    folder = tmp_path / "marketplace"
    url = f"sqlite:///{folder / 'marketplace.db'}"
    shop = {"MARKETPLACE_DATA_DIR": str(folder), "MARKETPLACE_DATABASE_URL": url}

    def back_up() -> None:
        Command("marketplace", ["backup", str(tmp_path / "shop.backup")], shop).require_success()
        trained_shop.run("backup", str(tmp_path / "recommendations.backup"))

    def restore() -> tuple[str, SmallShop]:
        # The machine is another one.
        folder.rename(tmp_path / "lost shop")
        trained_shop.folder.rename(tmp_path / "lost recommendations")
        Command("marketplace", ["restore", str(tmp_path / "shop.backup")], shop).require_success()
        trained_shop.folder.mkdir()
        trained_shop.run("restore", str(tmp_path / "recommendations.backup"))
        return url, trained_shop

    return Business(tmp_path, url, trained_shop, back_up, restore)


@pytest.fixture
def on_postgresql(tmp_path: Path) -> Iterator[Business]:
    """Both on PostgreSQL, with the scripts of deploy/."""
    with composed(tmp_path / "old server") as old, composed(tmp_path / "new server") as new:
        recommending = SmallShop(tmp_path / "recommendations", old.urls["recommendations"])
        recommending.folder.mkdir()
        train_small_shop(recommending)
        migrate_notices(old.urls["notices"])

        def back_up() -> None:
            done = old.script("backup", tmp_path / "backups", recommending)
            assert done.returncode == 0, done.stderr

        def restore() -> tuple[str, SmallShop]:
            (made,) = (tmp_path / "backups").iterdir()
            restored = SmallShop(tmp_path / "restored", new.urls["recommendations"])
            restored.folder.mkdir()
            done = new.script("restore", made, restored)
            assert done.returncode == 0, done.stderr
            again = new.script("restore", made, restored)
            assert (again.returncode, again.stderr) == (1, REFUSED)
            expected = {"marketplace": True, "marketplace_app": True, "notices": False, "recommendations": False}
            assert new.may_read("marketplace", "orders") == expected
            return new.urls["marketplace"], restored

        yield Business(tmp_path, old.urls["marketplace"], recommending, back_up, restore)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def business(request: pytest.FixtureRequest) -> Business:
    """A business on each database."""
    chosen: Business = request.getfixturevalue(f"on_{request.param}")
    return chosen


def test_a_backup_under_load_is_restored(business: Business) -> None:
    """Orders, stock and interactions agree; what had not been delivered is, once; no reader gets another one's id."""
    with closing(open_store(business.shop)) as store:
        store.migrate()
        for book_id in range(1, BOOKS + 1):
            put(store, Book(id=book_id, title=f"Book {book_id}", price=Money(999, "EUR"), stock=COPIES))
        sessions = sign_up(Settings(data_dir=business.folder / "marketplace"), store, BUYERS)
    placed = Placed()
    with ExitStack() as stack:
        market = Market(business.folder, business.shop, business.recommending, stack)
        buyers = stack.enter_context(buyers_of(market.shop, sessions))
        with ThreadPoolExecutor(BUYERS) as pool:
            buying = [pool.submit(placed.buy, buyer) for buyer in buyers]
            try:
                acknowledged = placed.await_more(ORDERS)
                business.back_up()
                placed.await_more(ORDERS)
            finally:
                placed.stop()
            for bought in buying:
                bought.result()

    restored = Databases(business.shop, business.recommending.database)
    last = restored.orders()
    shop, recommending = business.restore()
    restored = Databases(shop, recommending.database)
    orders = restored.orders()
    assert acknowledged <= orders.keys() < last.keys()
    assert restored.unexplained_copies(COPIES) == {}
    kept, recorded, waiting = restored.kept(), restored.recorded(), restored.waiting()
    assert set(kept) <= {*recorded, *waiting}
    assert len(set(recorded)) == len(recorded)
    # The readers of the kept interactions, and of those that were delivered between the two dumps.
    readers = restored.recorded_readers()

    with ExitStack() as stack, closing(open_store(shop)) as store:
        server = recommending.serve()
        stack.callback(server.kill)
        folder = business.folder / "marketplace"
        settings = {"MARKETPLACE_DATA_DIR": str(folder), "MARKETPLACE_DATABASE_URL": shop, "MARKETPLACE_PORT": "0"}
        stack.callback(Process("marketplace", settings | {"RECOMMENDATIONS_PORT": str(server.port)}).kill)
        await_that(lambda: not restored.waiting(), show=restored.waiting)
        recorded = restored.recorded()
        assert set(kept) <= set(recorded)
        assert len(set(recorded)) == len(recorded)
        (session,) = sign_up(Settings(data_dir=folder), store, 1, first=BUYERS)
        assert session.reader_id not in readers
        assert session.reader_id > max(readers) + 900_000
