"""Conversations of many senders while live and the relay are killed: each message is there once, and is shown."""

import json
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from events.signature import new_secret
from marketplace.domain.books import Book
from marketplace.domain.conversations import Conversation
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from tests.drills import is_running
from tests.e2e.processes import DEADLINE, Command, Process, await_that
from tests.e2e.selling.buyers import Answer, Buyer, NoAnswer, Session, sign_up
from tests.marketplace.ordering import order_of, promote
from tests.marketplace.stored import put

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(1800 if is_running("talk") else 300)]

READERS, STAFF = 20, 30
MESSAGES, KILLS = (10_000, 10) if is_running("talk") else (150, 1)
OF_READER = min(20, MESSAGES // (READERS + STAFF))
"""Messages of a reader: with repetitions and edits below what one may send in an hour."""
MOST_SENDS = 59
SENDING = 8
"""Requests at a time."""
_MESSAGE = re.compile(r'<li id="message-(\d+)".*?<p class="text" dir="auto">(.*?)</p>', re.DOTALL)
_CHANGES = re.compile(r'<ol class="messages" data-change="(\d+)"')

Draft = tuple[str, int]
"""The id and the version of a message; its text follows from them."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who sends versions of messages, each to a conversation by its place in the list."""

    session: Session
    is_reader: bool
    sends: Sequence[tuple[int, Draft]]


class Services:
    """The shop, a relay of its own and live, of which the last two can be killed."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self._secret = new_secret()
        self._live = self._start_live(0)
        stack.callback(lambda: self._live.kill())  # noqa: PLW0108  (the one that runs then)
        self._environment = {
            "MARKETPLACE_DATA_DIR": str(folder / "marketplace"),
            "MARKETPLACE_DATABASE_URL": database,
            "MARKETPLACE_PORT": "0",
            "MARKETPLACE_RELAY": "false",
            "MARKETPLACE_LIVE_URL": f"http://127.0.0.1:{self._live.port}/events",
            "MARKETPLACE_PAYMENTS_URL": "http://127.0.0.1:1",
            "RECOMMENDATIONS_HOST": "127.0.0.1",
            "RECOMMENDATIONS_PORT": "1",
            "LIVE_SECRET": self._secret,
        }
        shop = Process("marketplace", self._environment)
        stack.callback(shop.kill)
        self.shop = f"http://127.0.0.1:{shop.port}"
        self._relay = self._start_relay()
        stack.callback(lambda: self._relay.kill())  # noqa: PLW0108  (likewise)

    def kill_live(self) -> None:
        """Kill and restart live on its port."""
        self._live.kill()
        self._live = self._start_live(self._live.port)

    def kill_relay(self) -> None:
        """Kill and restart the relay."""
        assert self._relay.kill_after(0), "the relay ended by itself"
        self._relay = self._start_relay()

    def _start_live(self, port: int) -> Process:
        return Process("live", {"LIVE_PORT": str(port), "LIVE_SECRET": self._secret})

    def _start_relay(self) -> Command:
        relay = Command("marketplace", ["relay"], self._environment)
        relay.await_output("delivers events")
        return relay


class OpenPage:
    """An open page of a conversation: it asks the shop when it connects to live, and when a signal comes."""

    def __init__(self, shop: str, session: Session, order: str) -> None:
        self._shop, self._session, self._order = shop, session, order
        self._end = threading.Event()
        self._change = 0
        self.shown: dict[int, str] = {}

    def run(self) -> None:
        with Buyer(self._shop, self._session) as buyer:
            while not self._end.is_set():
                try:
                    self._listen(buyer)
                except (OSError, WebSocketException):
                    self._end.wait(0.1)  # live is being restarted

    def end(self) -> None:
        self._end.set()

    def _listen(self, buyer: Buyer) -> None:
        topic = urlencode({"topic": f"conversations/{self._order}"})
        ticket = json.loads(answer_to(partial(buyer.get, f"/ticket?{topic}")).text)
        url = ticket["url"].replace("http", "ws", 1)
        with connect(url, subprotocols=[Subprotocol("live"), ticket["ticket"]]) as socket:
            self._ask(buyer)
            while not self._end.is_set():
                try:
                    socket.recv(timeout=0.2)
                except TimeoutError:
                    continue
                except ConnectionClosed:
                    return
                self._ask(buyer)

    def _ask(self, buyer: Buyer) -> None:
        html = answer_to(partial(buyer.get, f"/orders/{self._order}/messages?after={self._change}")).text
        change = _CHANGES.search(html)
        assert change
        self.shown |= {int(number): unescape(text) for number, text in _MESSAGE.findall(html)}
        self._change = max(self._change, int(change[1]))


def answer_to(send: Callable[[], Answer]) -> Answer:
    """Send a request again while the shop is too busy to answer it."""
    while True:
        try:
            return send()
        except NoAnswer:
            continue


class Sent:
    """Counts what was sent."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def await_count(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._count >= count, 20 * DEADLINE), self._count


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The shop's database, on SQLite and PostgreSQL."""
    with closing(open_store(database_url)) as store:
        store.migrate()
        put(store, Book(id=7, title="Dune", price=Money(999, "EUR"), stock=1_000))
        yield store


def test_every_conversation_is_what_was_sent(store: Store, database_url: str, tmp_path: Path) -> None:
    """Each message is there once, in its highest version, numbered without gaps; open pages show just that."""
    sessions = sign_up(Settings(data_dir=tmp_path / "marketplace"), store, READERS + STAFF)
    orders = [order_of(store, session.reader_id, 7) for session in sessions[:READERS]]
    for session in sessions[READERS:]:
        promote(store, session.reader_id)
    senders = [
        Sender(session, number < READERS, sends_of(number, random.Random(number)))
        for number, session in enumerate(sessions)
    ]
    with ExitStack() as stack:
        services = Services(tmp_path, database_url, stack)
        pages = [OpenPage(services.shop, sessions[place], order) for place, order in enumerate(orders)]
        pool = stack.enter_context(ThreadPoolExecutor(len(pages) + SENDING + 1))
        for page in pages:
            stack.callback(page.end)
        listening = [pool.submit(page.run) for page in pages]
        sent = Sent()
        killing = pool.submit(kill_all, services, sent, sum(len(sender.sends) for sender in senders))
        shares = [senders[first::SENDING] for first in range(SENDING)]
        sending = [pool.submit(send_all, services.shop, share, orders, sent) for share in shares]
        for done in (*sending, killing):
            done.result()
        with store.read() as work:
            stored = {order: work.conversations.get(order) for order in orders}
        expected = [{message.number: message.text for message in stored[order].messages} for order in orders]
        await_that(
            lambda: [page.shown for page in pages] == expected, show=lambda: [len(page.shown) for page in pages]
        )
        for page in pages:
            page.end()
        for done in listening:
            done.result()
    require_all(stored, orders, senders)


def sends_of(sender: int, chance: random.Random) -> list[tuple[int, Draft]]:
    """Each version of each message one to three times, in any order; readers write about their own order."""
    is_reader = sender < READERS
    sends = []
    for number in range(OF_READER if is_reader else (MESSAGES - READERS * OF_READER) // STAFF):
        conversation = sender if is_reader else chance.randrange(READERS)
        for version in range(1, chance.choice([1, 1, 1, 2]) + 1):
            sends += [(conversation, (f"{sender}-{number}", version))] * chance.choice([1, 1, 2, 3])
    chance.shuffle(sends)
    return sends[:MOST_SENDS] if is_reader else sends


def text_of(draft: Draft) -> str:
    return "Message {} in version {}".format(*draft)


def kill_all(services: Services, sent: Sent, total: int) -> None:
    """Kill live and the relay at random moments, the same in every run."""
    chance = random.Random(7)
    kills = [services.kill_live, services.kill_relay] * KILLS
    chance.shuffle(kills)
    for kill, count in zip(kills, sorted(chance.sample(range(total * 9 // 10), len(kills))), strict=True):
        sent.await_count(count)
        kill()


def send_all(shop: str, senders: Sequence[Sender], orders: Sequence[str], sent: Sent) -> None:
    """Send by form what these senders send."""
    for sender in senders:
        with Buyer(shop, sender.session) as buyer:
            folder = "/orders" if sender.is_reader else "/moderator/orders"
            account = answer_to(partial(buyer.get, "/account"))
            token = [field for field in account.hidden if field[0] == "csrf_token"][:1]
            for place, draft in sender.sends:
                name, version = draft
                fields = [*token, ("id", name), ("version", str(version)), ("text", text_of(draft))]
                answer = answer_to(partial(buyer.post, f"{folder}/{orders[place]}/messages", fields))
                assert answer.status == 303, answer
                sent.add()


def require_all(stored: Mapping[str, Conversation], orders: Sequence[str], senders: Sequence[Sender]) -> None:
    """Each conversation has the highest version of each message, once."""
    highest: dict[str, dict[str, int]] = {order: {} for order in orders}
    for sender in senders:
        for place, (name, version) in sender.sends:
            known = highest[orders[place]]
            known[name] = max(known.get(name, 0), version)
    for order, conversation in stored.items():
        assert {message.id: message.version for message in conversation.messages} == highest[order]
        assert all(message.text == text_of((message.id, message.version)) for message in conversation.messages)
        assert [message.number for message in conversation.messages] == list(range(1, len(highest[order]) + 1))
