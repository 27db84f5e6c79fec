"""What a thousand open pages cost, and how soon they show a change."""

import asyncio
import http.cookiejar
import json
import re
import shutil
import statistics
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import click
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.guest import NotTheShop
from bench.load.marketplace_process import RunningShop, open_shop
from bench.load.processes import Sandbox, python
from bench.load.recommendations_process import RecommendationsFolder, wait_until_serving
from bench.load.wrk import CONNECTIONS, WrkReport, milliseconds, read_report, wrk_command
from events.signature import new_secret
from events.tickets import MAX_TOPICS, Ticket, Tickets
from live.open_files import allow_open_files
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, Address, Order, OrderLine, OrderState, StateChange, new_order_id
from marketplace.settings import Settings
from marketplace.store import open_store
from servicekit.clock import now
from servicekit.table import print_table

PAGES = 1_000
CHANGES = 200
ROUNDS = 5
SECONDS = 4
"""Of wrk, with the pages and without, in each round."""
OF_HOLDER = 20
WAIT_SECONDS = 30.0
PASSWORD = "many small green islands"
READER, MODERATOR = "reader@example.com", "moderator@example.com"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class OpenPages:
    """WebSockets on an event loop in a thread of its own; `heard` gets each topic and when its signal came."""

    def __init__(self) -> None:
        self.heard: Queue[tuple[str, float]] = Queue()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._sockets: list[ClientConnection] = []
        self._reading: list[asyncio.Task[None]] = []

    def __enter__(self) -> "OpenPages":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, url: str, tickets: Sequence[str]) -> None:
        """Open a WebSocket for each ticket."""
        self._run(self._open(url, tickets))

    def close(self) -> None:
        """Close all."""
        self._run(self._close())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self, url: str, tickets: Sequence[str]) -> None:
        for ticket in tickets:
            names = [Subprotocol("live"), Subprotocol(ticket)]
            socket = await connect(url, subprotocols=names, compression=None, proxy=None)
            self._sockets.append(socket)
            self._reading.append(asyncio.create_task(self._read(socket)))

    async def _read(self, socket: ClientConnection) -> None:
        async for message in socket:
            self.heard.put((json.loads(message)["topic"], time.perf_counter()))

    async def _close(self) -> None:
        await asyncio.gather(*(socket.close() for socket in self._sockets))
        await asyncio.gather(*self._reading)
        self._sockets, self._reading = [], []


def run() -> None:
    """Print live's memory, the home page's latencies with and without open pages, and how soon a change is shown."""
    if shutil.which("wrk") is None:
        click.echo("live: skipped: wrk is not on PATH")
        return
    allow_open_files(2 * PAGES)
    secret = new_secret()
    with Sandbox() as sandbox, OpenPages() as pages:
        recommendations = RecommendationsFolder(sandbox).serve("start")
        wait_until_serving(recommendations)
        live = sandbox.start(*python("live", "start"), settings={"LIVE_PORT": "0", "LIVE_SECRET": secret})
        address = live.wait_for("Live listens on ")
        settings = {"MARKETPLACE_LIVE_URL": f"http://{address}/events", "MARKETPLACE_LIVE_SECRET": secret}
        shop = open_shop(sandbox, recommendations, settings)
        url = f"ws://{address}/live"
        click.echo("measuring …")
        alone = live.resident_mb()
        with_pages, without = _home(sandbox, shop, pages, url, _tickets(secret, PAGES))
        orders, reader, moderator = _prepare(sandbox, shop)
        tickets = [_ticket(reader, shop, ids) for ids in _groups(orders)]
        pages.open(url, [*tickets, *_tickets(secret, PAGES - len(tickets))])
        resident = live.resident_mb()
        seconds = [_change(shop, order, reader, moderator, pages) for order in orders]
    print_table(
        f"{PAGES:,} open pages", ("", "MB"), [("live, no page", f"{alone:.0f}"), ("live, all", f"{resident:.0f}")]
    )
    print_table(
        f"The shop's home page meanwhile: {CONNECTIONS} connections of wrk, {ROUNDS} rounds of {SECONDS} s each",
        ("", "pages/s", "p50 ms", "p99 ms", "failed"),
        [_cells("no page open", without), _cells(f"{PAGES:,} open", with_pages)],
    )
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    print_table(
        f"From “Mark as shipped” to the reader's page, {CHANGES} changes, {PAGES:,} pages open",
        ("p50 ms", "p99 ms", "greatest ms"),
        [(f"{cuts[49] * 1e3:.0f}", f"{cuts[98] * 1e3:.0f}", f"{max(seconds) * 1e3:.0f}")],
    )
    click.echo(
        "pages/s, p50, p99: the median of the rounds. A change is a moderator's form; it ends when the reader's\n"
        "page has been signalled and has fetched the order's new state."
    )


def _home(
    sandbox: Sandbox, shop: RunningShop, pages: OpenPages, url: str, tickets: Sequence[str]
) -> tuple[list[WrkReport], list[WrkReport]]:
    """Reports with pages and without, by turns, so that other load on the machine affects both."""
    with_pages, without = [], []
    _load(sandbox, shop)
    for _ in range(ROUNDS):
        without.append(_load(sandbox, shop))
        pages.open(url, tickets)
        with_pages.append(_load(sandbox, shop))
        pages.close()
    return with_pages, without


def _load(sandbox: Sandbox, shop: RunningShop) -> WrkReport:
    wrk = sandbox.start(*wrk_command(f"{shop.url}/", SECONDS))
    wrk.wait()
    return read_report(wrk.output())


def _tickets(secret: str, number: int) -> list[str]:
    """Tickets of readers with some pages each."""
    signer, until = Tickets(secret), now() + timedelta(hours=1)
    return [
        signer.write(Ticket(topics=(f"orders/{n}",), side="reader", holder=1 + n // OF_HOLDER, until=until))
        for n in range(number)
    ]


def _prepare(sandbox: Sandbox, shop: RunningShop) -> tuple[list[str], OpenerDirector, OpenerDirector]:
    """Orders of a reader that are paid, the reader's browser and a moderator's."""
    browsers = []
    for email in (READER, MODERATOR):
        browser = build_opener(HTTPCookieProcessor(http.cookiejar.CookieJar()))
        path = f"{shop.url}/account/sign-up"
        form = {"csrf_token": _token(_read(browser, path)), "email": email, "password": PASSWORD}
        _read(browser, path, form)
        browsers.append(browser)
    sandbox.run(*python("marketplace", "moderator", "add", MODERATOR), settings=shop.settings)
    line = OrderLine(book_id=4, title="A book", price=Money(999, "EUR"), quantity=1)
    address = Address(name="Ann Reader", street="1 High Street", city="Oxford", country="GB")
    folder = Path(shop.settings["MARKETPLACE_DATA_DIR"])
    orders = [new_order_id() for _ in range(CHANGES)]
    with closing(open_store(Settings(data_dir=folder).database)) as store, store.write() as work:
        account = work.accounts.by_email(READER)
        if account is None:
            raise NotTheShop(f"no account {READER}")
        moment = now()
        states = ((OrderState.PLACED, Actor.READER), (OrderState.PAID, Actor.PROVIDER))
        for order_id in orders:
            order = Order(
                id=order_id,
                reader_id=account.reader_id,
                email=READER,
                address=None,
                lines=(line,),
                total=line.amount,
                state=OrderState.PAID,
                placed_at=moment,
                changes=tuple(StateChange(state, moment, by) for state, by in states),
            )
            work.orders.add(order, address, key=order_id, digest="")
        work.commit()
    return orders, browsers[0], browsers[1]


def _groups(orders: Sequence[str]) -> list[Sequence[str]]:
    """As many as a ticket has topics, and one reader has connections."""
    return [orders[start : start + MAX_TOPICS] for start in range(0, len(orders), MAX_TOPICS)]


def _ticket(reader: OpenerDirector, shop: RunningShop, orders: Sequence[str]) -> str:
    """A ticket of the shop."""
    query = urlencode([("topic", f"orders/{order_id}") for order_id in orders])
    issued = json.loads(_read(reader, f"{shop.url}/ticket?{query}"))
    return str(issued["ticket"])


def _change(
    shop: RunningShop, order_id: str, reader: OpenerDirector, moderator: OpenerDirector, pages: OpenPages
) -> float:
    """Ship an order; returns the seconds until the reader's page has its new state."""
    path = f"{shop.url}/moderator/orders/{order_id}"
    form = {"csrf_token": _token(_read(moderator, path)), "to": "shipped"}
    with ThreadPoolExecutor(1) as pool:
        began = time.perf_counter()
        sent = pool.submit(_read, moderator, path, form)
        topic, _ = pages.heard.get(timeout=WAIT_SECONDS)
        state = _read(reader, f"{shop.url}/orders/{order_id}/state")
        ended = time.perf_counter()
        sent.result()
    if topic != f"orders/{order_id}" or "Your books have shipped." not in state:
        raise NotTheShop(f"the page of order {order_id} did not change")
    return ended - began


def _cells(name: str, reports: Sequence[WrkReport]) -> tuple[str, ...]:
    return (
        name,
        f"{statistics.median(report.rate for report in reports):,.0f}",
        f"{statistics.median(milliseconds(report.p50) for report in reports):.1f}",
        f"{statistics.median(milliseconds(report.p99) for report in reports):.1f}",
        str(sum(report.bad_answers + report.socket_errors for report in reports)),
    )


def _read(browser: OpenerDirector, url: str, form: dict[str, str] | None = None) -> str:
    with browser.open(url, None if form is None else urlencode(form).encode()) as response:
        text: str = response.read().decode()
        return text


def _token(html: str) -> str:
    token = _TOKEN.search(html)
    if token is None:
        raise NotTheShop("a page has no form")
    return token[1]
