"""What the home page costs, compared with an empty template with and without the same call to Recommendations."""

import re
import shutil
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import click

from bench.empty import pages as empty_pages
from bench.guest import LINK, PERSONAL, NotTheShop
from bench.load.marketplace_process import RunningShop, open_shop
from bench.load.processes import Child, Sandbox, python
from bench.load.recommendations_process import RecommendationsFolder, wait_until_serving
from bench.load.wrk import CONNECTIONS, WrkReport, milliseconds, read_report, wrk_command
from servicekit.table import print_table

CLICKS = 3
WARM_UP_SECONDS = 2
ROUNDS = 8
SECONDS = 2
"""Of each row in each round. The rows alternate, so that other load on the machine affects all of them."""
RELAY_SECONDS = 30.0
COLUMNS = (
    *("page", "pages/s", "lowest", "highest", "of same call", "of alone"),
    *("p50 ms", "p99 ms", "server µs", "bytes", "failed"),
)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Row:
    """One page, the process that serves it, and its measurements."""

    name: str
    server: Child
    url: str
    cookie: str = ""
    reports: list[WrkReport] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """Processor time of the server per page, in each round."""

    def warm_up(self, sandbox: Sandbox) -> None:
        """Send requests without measuring."""
        self._load(sandbox, WARM_UP_SECONDS)

    def measure(self, sandbox: Sandbox) -> None:
        """Measure one round."""
        before = self.server.cpu_seconds()
        report = self._load(sandbox, SECONDS)
        self.cpu_seconds.append((self.server.cpu_seconds() - before) / (report.rate * SECONDS))
        self.reports.append(report)

    def size(self) -> int:
        """The bytes of one page, without its headers."""
        browser = build_opener()
        with browser.open(Request(self.url, headers={"Cookie": self.cookie})) as response:
            return len(response.read())

    @property
    def rates(self) -> list[float]:
        """Pages a second in each round."""
        return [report.rate for report in self.reports]

    def _load(self, sandbox: Sandbox, seconds: int) -> WrkReport:
        wrk = sandbox.start(*wrk_command(self.url, seconds, cookie=self.cookie))
        wrk.wait()
        return read_report(wrk.output())


def run() -> None:
    """Print pages a second, latencies and processor time per page."""
    if shutil.which("wrk") is None:
        click.echo("home: skipped: wrk is not on PATH")
        return
    with Sandbox() as sandbox:
        recommendations = RecommendationsFolder(sandbox).serve("start")
        wait_until_serving(recommendations)
        shop = open_shop(sandbox, recommendations)
        cookie = become_guest(shop.url)
        empty, address = _empty_pages(sandbox, shop, cookie)
        alone = Row("empty template alone", empty, f"{address}/alone")
        visitor_call = Row("empty template, a visitor's call", empty, f"{address}/visitor")
        guest_call = Row("empty template, a guest's call", empty, f"{address}/guest")
        # Each row, and the empty page that makes the same call.
        rows = [
            (alone, alone),
            (visitor_call, visitor_call),
            (Row("home page of a visitor", shop.child, f"{shop.url}/"), visitor_call),
            (guest_call, guest_call),
            (Row("home page of a guest", shop.child, f"{shop.url}/", cookie), guest_call),
        ]
        click.echo("measuring …")
        for row, _ in rows:
            row.warm_up(sandbox)
        for _ in range(ROUNDS):
            for row, _ in rows:
                row.measure(sandbox)
        cells = [_cells(row, same_call=same_call, alone=alone) for row, same_call in rows]
    title = f"The home page: {CONNECTIONS} connections of wrk, {ROUNDS} rounds of {SECONDS} s a row"
    print_table(title, COLUMNS, cells)
    click.echo(
        "pages/s, p50, p99: the median of the rounds; lowest, highest: of the rounds.\n"
        "of same call, of alone: the median over the rounds of the rate divided by that of the empty template with\n"
        "the same call to Recommendations, and of the one without a call.\n"
        f"server µs: processor time of the web server for each page. A guest clicked {CLICKS} books and rated one."
    )


def become_guest(shop: str) -> str:
    """Click a few books, rate the last, and wait for personal shelves; returns the cookie. Raises NotTheShop."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    clicked = list(dict.fromkeys(LINK.findall(_read(browser, f"{shop}/"))))[:CLICKS]
    if len(clicked) < CLICKS:
        raise NotTheShop(f"the home page links to {len(clicked)} books")
    for link in clicked:
        page = _read(browser, shop + link.replace("&amp;", "&"))
    token = _TOKEN.search(page)
    if token is None:
        raise NotTheShop("the page of a book has no form")
    rating = urlencode({"csrf_token": token[1], "stars": "4.5"}).encode()
    _read(browser, f"{shop}{clicked[-1].split('?')[0]}/rating", rating)
    give_up = time.monotonic() + RELAY_SECONDS
    while PERSONAL not in _read(browser, f"{shop}/"):
        if time.monotonic() > give_up:
            raise NotTheShop(f"no shelf became personal within {RELAY_SECONDS:g} s")
        time.sleep(0.1)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def _read(browser: OpenerDirector, url: str, form: bytes | None = None) -> str:
    with browser.open(url, form) as response:
        text: str = response.read().decode()
        return text


def _empty_pages(sandbox: Sandbox, shop: RunningShop, cookie: str) -> tuple[Child, str]:
    child = sandbox.start(*python("bench.empty.pages", cookie), settings=shop.settings)
    return child, f"http://127.0.0.1:{child.wait_for(empty_pages.LISTENS)}"


def _cells(row: Row, *, same_call: Row, alone: Row) -> Sequence[str]:
    return (
        *(row.name, f"{statistics.median(row.rates):,.0f}", f"{min(row.rates):,.0f}", f"{max(row.rates):,.0f}"),
        *("–" if row is same_call else _ratio(row, same_call), _ratio(row, alone)),
        f"{statistics.median(milliseconds(report.p50) for report in row.reports):.1f}",
        f"{statistics.median(milliseconds(report.p99) for report in row.reports):.1f}",
        f"{statistics.median(row.cpu_seconds) * 1e6:,.0f}",
        f"{row.size():,}",
        str(sum(report.bad_answers + report.socket_errors for report in row.reports)),
    )


def _ratio(row: Row, other: Row) -> str:
    return f"{statistics.median(rate / base for rate, base in zip(row.rates, other.rates, strict=True)):.2f}"
