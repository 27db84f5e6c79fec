"""Many simultaneous checkouts, each over its own connection."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.store.schema import orders
from servicekit.database.engine import reading
from tests.e2e.processes import DEADLINE, Process
from tests.e2e.selling.buyers import Answer, Buyer, Fields, buyers_of, sign_up
from tests.marketplace.stored import put

pytestmark = pytest.mark.slow

REPEATS, BUYERS, COPIES, IDLE = 50, 100, 10, 300
DUNE = Book(id=20, title="Dune", price=Money(999, "EUR"), stock=COPIES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The shop's settings."""
    return Settings(data_dir=tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The shop's database, with one book."""
    with closing(open_store(settings.database)) as store:
        store.migrate()
        put(store, DUNE)
        yield store


@pytest.fixture
def shop(settings: Settings, store: Store) -> Iterator[str]:
    """The address of the shop, which runs without a relay."""
    process = Process(
        "marketplace",
        {"MARKETPLACE_DATA_DIR": str(settings.data_dir), "MARKETPLACE_PORT": "0", "MARKETPLACE_RELAY": "false"},
    )
    yield f"http://127.0.0.1:{process.port}"
    process.kill()


def at_once(checkouts: Sequence[tuple[Buyer, Fields]]) -> list[Answer]:
    """The answers to these checkouts, sent at the same moment."""
    ready = Barrier(len(checkouts))

    def send(checkout: tuple[Buyer, Fields]) -> Answer:
        buyer, form = checkout
        ready.wait(DEADLINE)
        return buyer.post("/checkout", form)

    with ThreadPoolExecutor(len(checkouts)) as pool:
        return list(pool.map(send, checkouts))


def form_of(buyer: Buyer) -> Fields:
    """The checkout form for the book."""
    assert buyer.add_to_cart(DUNE.id).status == 303
    form = buyer.checkout_form()
    assert form is not None
    return form


def order_ids(store: Store) -> list[str]:
    """The ids of all orders."""
    with reading(store.engine) as connection:
        return list(connection.execute(select(orders.c.order_id)).scalars())


def stock_left(store: Store) -> int | None:
    """The copies in stock."""
    with store.read() as work:
        return work.books.get(DUNE.id).stock


def test_one_key_is_one_order(shop: str, store: Store, settings: Settings) -> None:
    """Fifty connections send the same form and get the same answer; another address is refused."""
    (session,) = sign_up(settings, store, 1)
    with Buyer(shop, session) as first, ExitStack() as stack:
        form = form_of(first)
        buyers = stack.enter_context(buyers_of(shop, [first.session] * REPEATS))
        answers = at_once([(buyer, form) for buyer in buyers])
        (order,) = order_ids(store)
        assert {(answer.status, urlsplit(answer.location).path) for answer in answers} == {(303, f"/orders/{order}")}
        assert stock_left(store) == COPIES - 1

        other = [(name, "Bath" if name == "city" else value) for name, value in form]
        refused = first.post("/checkout", other)
        assert refused.status == 422
        assert f"/orders/{order}" in refused.text
        assert order_ids(store) == [order]
        assert stock_left(store) == COPIES - 1


def test_stock_is_never_oversold(shop: str, store: Store, settings: Settings) -> None:
    """A hundred buyers check out the last ten copies: ten get one each, the others get 409."""
    with buyers_of(shop, sign_up(settings, store, BUYERS)) as buyers:
        forms = [form_of(buyer) for buyer in buyers]
        answers = at_once(list(zip(buyers, forms, strict=True)))
        assert Counter(answer.status for answer in answers) == {303: COPIES, 409: BUYERS - COPIES}
        sold = [urlsplit(answer.location).path for answer in answers if answer.status == 303]
        assert sorted(sold) == sorted(f"/orders/{order}" for order in order_ids(store))
        assert stock_left(store) == 0


def test_idle_connections_do_not_block_others(shop: str) -> None:
    """Hundreds of connections are idle, and the next request is answered."""
    address = urlsplit(shop)
    with ExitStack() as stack:
        for _ in range(IDLE + 1):
            connection = stack.enter_context(closing(HTTPConnection(str(address.hostname), address.port, timeout=10)))
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"ok"
