"""A simulated guest, who has clicked on a book and loads the home page repeatedly."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse

import click

TIMEOUT_SECONDS = 10.0
PAUSE_SECONDS = 0.01
PERSONAL = "Picked for you"
_NOTICE = 'class="notice"'
LINK = re.compile(r'href="(/books/\d+\?from=[^"]+)"')


class NotTheShop(click.ClickException):
    """The pages are not the ones that this benchmark expects."""


@dataclass(frozen=True)
class Sample:
    """One load of the home page: its begin and end, its status (0 without a response), and whether it was personal.

    A page with cached recommendations, which has a notice, does not count as personal.
    """

    began: float
    ended: float
    status: int
    personal: bool


class Guest:
    """A guest with a cookie, who loads the home page from several threads at once."""

    def __init__(self, port: int) -> None:
        """Visit the shop and click on a book. Raises NotTheShop."""
        self._port = port
        self._samples: list[Sample] = []
        links = LINK.findall(self._get("/")[1])
        if not links:
            raise NotTheShop("the home page links to no book")
        response, _ = self._get(str(links[0]).replace("&amp;", "&"))
        cookie = response.getheader("Set-Cookie")
        if cookie is None:
            raise NotTheShop(f"clicking on a book set no cookie (status {response.status})")
        self._cookie = cookie.split(";", 1)[0]

    @contextmanager
    def sampling(self, threads: int) -> Iterator[None]:
        """Load pages during the block; each thread loads one after another."""
        stop = threading.Event()
        running = [threading.Thread(target=self._sample, args=(stop,), daemon=True) for _ in range(threads)]
        for thread in running:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in running:
                thread.join()

    def samples(self, since: float) -> Sequence[Sample]:
        """The samples that began at `since` or later and are complete."""
        return [sample for sample in self._samples.copy() if sample.began >= since]

    def first_personal(self, since: float, seconds: float = 60.0) -> float | None:
        """Wait for a personal page requested at `since` or later; returns its end, or None after `seconds`."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if personal := [sample.ended for sample in self.samples(since) if sample.personal]:
                return min(personal)
            time.sleep(PAUSE_SECONDS)
        return None

    def _sample(self, stop: threading.Event) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        while not stop.is_set():
            began = time.monotonic()
            status, personal = 0, False
            try:
                connection.request("GET", "/", headers={"Cookie": self._cookie})
                response = connection.getresponse()
                page = response.read().decode()
                status, personal = response.status, PERSONAL in page and _NOTICE not in page
            except (OSError, HTTPException):
                connection.close()
            self._samples.append(Sample(began, time.monotonic(), status, personal))
            stop.wait(PAUSE_SECONDS)
        connection.close()

    def _get(self, path: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response, response.read().decode()
        except (OSError, HTTPException) as error:
            raise NotTheShop(f"the shop did not respond: {error}") from None
        finally:
            connection.close()
