"""The shop while Recommendations is dead or frozen."""

import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.e2e.processes import Pair, await_serving, await_that, start_pair

pytestmark = pytest.mark.slow

BREAK = "Recommendations are taking a short break."
DEADLINE_SECONDS = 20.0


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both services, not shared with other tests."""
    with ExitStack() as stack:
        yield start_pair(tmp_path, stack)


class Visitor:
    """A visitor who loads pages and keeps cookies."""

    def __init__(self, shop: str) -> None:
        self._shop = shop
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str = "") -> str:
        """Load a page; anything but 200 raises."""
        with self._opener.open(self._shop + path, timeout=10) as answer:
            return str(answer.read().decode())

    def become_reader(self) -> None:
        """Click on the first book of the home page, and wait for personal recommendations."""
        link = re.search(r'href="/(books/\d+\?from=[^"]+)"', self.get())
        assert link is not None
        self.get(link[1])
        self.await_page("Picked for you", without=BREAK)

    def await_page(self, text: str, *, without: str) -> None:
        """Load the home page until it has `text` and lacks `without`."""
        page = ""

        def has_text() -> bool:
            nonlocal page
            page = self.get()
            return text in page and without not in page

        await_that(has_text, seconds=DEADLINE_SECONDS, show=lambda: page)


def await_notice(shop: str) -> None:
    """Wait until the page that visitors share is not the one from before the outage: a second, and a call."""
    Visitor(shop).await_page(BREAK, without="Because you looked at")


def crowd(shop: str, visits: int) -> list[str]:
    """The pages that four visitors at a time load."""
    visitors = threading.local()

    def visit(_number: int) -> str:
        if not hasattr(visitors, "visitor"):
            visitors.visitor = Visitor(shop)
        page: str = visitors.visitor.get()
        return page

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(visit, range(visits)))


def test_killed(pair: Pair) -> None:
    """Pages show best-sellers and say so; after a restart, recommendations are personal again."""
    reader = Visitor(pair.shop)
    reader.become_reader()
    pair.recommendations.kill()
    await_notice(pair.shop)
    pages = crowd(pair.shop, 40)
    assert all(f"{BREAK} Here are our best-sellers." in page for page in pages)
    assert BREAK in reader.get()
    pair.restart_recommendations()
    reader.await_page("Because you looked at", without=BREAK)


def test_frozen(pair: Pair) -> None:
    """The same while Recommendations is frozen and after it continues."""
    reader = Visitor(pair.shop)
    reader.become_reader()
    pair.recommendations.freeze()
    try:
        await_notice(pair.shop)
        pages = crowd(pair.shop, 40)
        assert all(f"{BREAK} Here are our best-sellers." in page for page in pages)
        assert BREAK in reader.get()
    finally:
        pair.recommendations.thaw()
    await_serving(pair.grpc_address)
    reader.await_page("Because you looked at", without=BREAK)


def test_clicks_during_an_outage_are_delivered_afterwards(pair: Pair) -> None:
    """They change the recommendations once Recommendations is back."""
    pair.recommendations.kill()
    reader = Visitor(pair.shop)
    link = re.search(r'href="/(books/(\d+)\?from=[^"]+)"', reader.get())
    assert link is not None
    reader.get(link[1])
    assert json.loads(reader.get("readyz"))["outbox"]["waiting"] == 1
    pair.restart_recommendations()
    reader.await_page("Because you looked at", without=BREAK)


def test_services_stop_cleanly(tmp_path: Path) -> None:
    """On SIGTERM both services end with code 0."""
    with ExitStack() as stack:
        pair = start_pair(tmp_path, stack)
        assert pair.marketplace.stop() == 0
        assert pair.recommendations.stop() == 0
