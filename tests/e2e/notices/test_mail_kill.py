"""Relay, notices, mail server and broker are killed while orders are placed: every mail is sent, nothing is lost."""

import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from events.signature import new_secret
from marketplace.domain.books import Book
from marketplace.domain.events import NOTICES
from marketplace.domain.money import Money
from marketplace.store import Store, open_store
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from marketplace.usecases.orders import Orders
from notices.store.schema import inbox, messages
from servicekit.database.engine import open_engine, reading
from tests.drills import is_running
from tests.e2e.notices.mail_server import GREETING, is_refused_at_first, is_refused_for_good
from tests.e2e.processes import DEADLINE, ROOT, Command, Process, await_that
from tests.marketplace.ordering import ADDRESS, buyer_of
from tests.marketplace.stored import put
from tests.rabbitmq import RabbitMQ

pytestmark = [pytest.mark.long, pytest.mark.slow]

ORDERS, KILLS = (1000, 5) if is_running("mail") else (100, 1)
READERS = 10
BOOKS = 20
POSTGRESQL, RABBITMQ = (pytest.mark.postgresql, pytest.mark.rabbitmq)
COMBINATIONS = [
    ("sqlite", "http"),
    pytest.param("postgresql", "amqp", marks=(POSTGRESQL, RABBITMQ)),
    # The parts meet in the two above; the drill tries them all.
    *(
        [pytest.param("postgresql", "http", marks=POSTGRESQL), pytest.param("sqlite", "amqp", marks=RABBITMQ)]
        if is_running("mail")
        else []
    ),
]
PATIENCE = 15 * DEADLINE if is_running("mail") else 3 * DEADLINE


class MailServer:
    """The mail server, which can be killed and started again on its port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.port = unused.getsockname()[1]
        self._file = folder / "accepted"
        self._file.touch()
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "tests.e2e.notices.mail_server", str(self.port), str(self._file)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert GREETING in self._process.stdout.readline()

    def kill(self) -> None:
        """Kill it by SIGKILL."""
        assert self._process is not None
        with self._process:
            self._process.kill()

    @property
    def accepted(self) -> Counter[str]:
        """How often each Message-ID was accepted; a last line that a kill has cut is left out."""
        whole = self._file.read_text(encoding="utf-8").rpartition("\n")[0]
        return Counter(whole.splitlines())


class Post:
    """Relay, notices, mail server and, for one of the ways, the broker."""

    def __init__(self, folder: Path, shop: str, broker: RabbitMQ | None, stack: ExitStack) -> None:
        self._folder = folder
        self._shop = shop
        self._broker = broker
        self._secret = new_secret()
        self.kills: Counter[str] = Counter()
        self.mail_server = MailServer(folder)
        stack.callback(self.mail_server.kill)
        stack.callback(self._end)
        self._notices = self._start_notices(0)
        self._relay = self._start_relay()

    @property
    def ways_to_kill(self) -> dict[str, Callable[[], None]]:
        """For each process the function that kills and restarts it."""
        ways = {"relay": self._kill_relay, "notices": self._kill_notices, "mail": self._kill_mail_server}
        return ways | ({"broker": self._kill_broker} if self._broker else {})

    @property
    def database(self) -> str:
        """The database of notices."""
        return f"sqlite:///{self._folder / 'notices' / 'notices.db'}"

    def _start_notices(self, port: int) -> Process:
        settings = {
            "NOTICES_DATA_DIR": str(self._folder / "notices"),
            "NOTICES_PORT": str(port),
            "NOTICES_SECRET": self._secret,
            "NOTICES_SMTP_HOST": "127.0.0.1",
            "NOTICES_SMTP_PORT": str(self.mail_server.port),
            "NOTICES_SMTP_SECURITY": "none",
            "NOTICES_SENDER": "shop@example.com",
        }
        return Process("notices", settings | ({"NOTICES_AMQP_URL": self._broker.url} if self._broker else {}))

    def _start_relay(self) -> Command:
        settings = {
            "MARKETPLACE_DATA_DIR": str(self._folder / "marketplace"),
            "MARKETPLACE_DATABASE_URL": self._shop,
            "MARKETPLACE_NOTICES_URL": self._broker.url if self._broker else self._notices_url,
            "NOTICES_SECRET": self._secret,
            "RECOMMENDATIONS_PORT": "1",
            "MARKETPLACE_PAYMENTS_URL": "http://127.0.0.1:1",
        }
        relay = Command("marketplace", ["relay"], settings)
        relay.await_output("delivers events")
        return relay

    @property
    def _notices_url(self) -> str:
        return f"http://127.0.0.1:{self._notices.port}/events"

    def _kill_relay(self) -> None:
        assert self._relay.kill_after(0), "the relay ended by itself"
        self._relay = self._start_relay()

    def _kill_notices(self) -> None:
        self._notices.kill()
        self._notices = self._start_notices(self._notices.port)

    def _kill_mail_server(self) -> None:
        self.mail_server.kill()
        self.mail_server.start()

    def _kill_broker(self) -> None:
        assert self._broker is not None
        self._broker.kill()
        self._broker.start()

    def _end(self) -> None:
        self._relay.kill_after(0)
        self._notices.kill()


@pytest.fixture
def shop(database_url: str) -> Iterator[Store]:
    """The shop's database, on SQLite and PostgreSQL, with books."""
    with closing(open_store(database_url)) as store:
        store.migrate()
        put(store, *(Book(id=id_, title=f"Book {id_}", price=Money(999, "EUR")) for id_ in range(1, BOOKS + 1)))
        yield store


@pytest.fixture
def way(request: pytest.FixtureRequest) -> RabbitMQ | None:
    """How events travel: through this broker, or by HTTP."""
    return request.getfixturevalue("broker") if request.param == "amqp" else None


def place_orders(store: Store) -> None:
    """Place the orders, of a few readers."""
    readers = [buyer_of(store, f"reader-{number}@example.com") for number in range(READERS)]
    carts, orders = Carts(store, Activity(store, wake=lambda: None)), Orders(store)
    for number in range(ORDERS):
        reader = readers[number % READERS]
        carts.add(reader, number % BOOKS + 1, 1, "")
        orders.place(reader, f"key-{number}", ADDRESS, carts.of(reader).shown)


def kill_all(post: Post) -> None:
    """Kill each process when a random number of mails has been accepted, the same in every run."""
    chance = random.Random(7)
    names = [name for name in post.ways_to_kill for _ in range(KILLS)]
    chance.shuffle(names)
    for name, number in zip(names, sorted(chance.sample(range(5, ORDERS * 8 // 10), len(names))), strict=True):
        await_that(lambda number=number: post.mail_server.accepted.total() >= number, seconds=PATIENCE)  # type: ignore[misc]
        post.ways_to_kill[name]()
        post.kills[name] += 1


def is_settled(shop: Store, post: Post) -> bool:
    """Whether every event has been delivered and every mail sent or given up."""
    with shop.read() as work:
        length = work.outbox.lengths()[NOTICES]
    assert length.failed == 0
    return not length.waiting and "waiting" not in {state for _, state in mails_of(post)}


def mails_of(post: Post) -> list[tuple[str, str]]:
    """The mails in the queue of notices: event and state."""
    engine = open_engine(post.database)
    with reading(engine) as connection:
        rows = connection.execute(
            select(messages.c.event_id, messages.c.state).where(messages.c.kind == "order_placed")
        )
        mails = [(row.event_id, row.state) for row in rows]
    engine.dispose()
    return mails


def inbox_of(post: Post) -> list[str]:
    """The ids of the events that notices has stored."""
    engine = open_engine(post.database)
    with reading(engine) as connection:
        ids = list(connection.execute(select(inbox.c.event_id)).scalars())
    engine.dispose()
    return ids


@pytest.mark.parametrize(("database_url", "way"), COMBINATIONS, indirect=True)
def test_every_mail_is_sent(shop: Store, database_url: str, way: RabbitMQ | None, tmp_path: Path) -> None:
    """Each event is stored once; each mail is sent, and twice only for a kill between the answer and its mark."""
    with ExitStack() as stack:
        post = Post(tmp_path, database_url, way, stack)
        with ThreadPoolExecutor(2) as pool:
            placing, killing = pool.submit(place_orders, shop), pool.submit(kill_all, post)
            placing.result()
            killing.result()
        await_that(lambda: is_settled(shop, post), seconds=PATIENCE, show=lambda: Counter(mails_of(post)))
        accepted, mails, stored = post.mail_server.accepted, mails_of(post), inbox_of(post)
    repeated = sum(accepted.values()) - len(accepted)
    print(f"{len(mails)} mails, {len(accepted)} accepted, {repeated} twice, kills: {dict(post.kills)}")  # noqa: T201
    assert len(mails) == len(dict(mails)) == ORDERS
    assert len(stored) == len(set(stored))
    assert {id_ for id_, _ in mails} <= set(stored)
    sent = {id_ for id_, state in mails if state == "sent"}
    assert len(accepted) >= len(sent)
    assert repeated <= post.kills["notices"] + post.kills["mail"]
    # What the server refuses for good is listed, and nothing else.
    assert {id_ for id_, state in mails if state == "failed"} == {id_ for id_, _ in mails if id_ not in sent}
    assert [id_ for id_ in accepted if is_refused_for_good(id_)] == []
    assert any(is_refused_at_first(id_) for id_ in accepted)
