"""All services as processes, each of which can be killed and restarted on its port."""

import json
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from sqlalchemy import func, select
from urllib3 import PoolManager

from marketplace.store import Store
from marketplace.store.schema import orders
from payments.store import payments
from servicekit.database.engine import open_engine, reading
from tests.e2e.processes import DEADLINE, Command, Process, await_that, waiting_in
from tests.e2e.selling.buyers import NoAnswer
from tests.e2e.small_shop import SmallShop

Sent = TypeVar("Sent")

MAX_TRIES = 50


class Market:
    """The shop and its relay, a second relay, Recommendations, and a payment provider that declines some payments."""

    def __init__(self, folder: Path, database: str, recommending: SmallShop, stack: ExitStack) -> None:
        """`stack` kills all processes."""
        self._folder = folder
        self._database = database
        self._is_open = threading.Event()
        self.recommending = recommending
        self.providers_database = f"sqlite:///{folder / 'payments' / 'payments.db'}"
        self.log: list[str] = []
        stack.callback(self._end)
        self._recommendations: Process | None = None
        self._provider: Process | None = None
        self._shop: Process | None = None
        self._relay: Command | None = None
        self._recommendations = self.recommending.serve()
        self._provider = self._start_provider(0)
        self._open_shop(0)
        self._start_relay()

    @property
    def shop(self) -> str:
        """The address of the shop."""
        assert self._shop
        return f"http://127.0.0.1:{self._shop.port}"

    @property
    def kills(self) -> dict[str, Callable[[], None]]:
        """For each process the function that kills and restarts it."""
        return {
            "shop": self._kill_shop,
            "relay": self._kill_relay,
            "recommendations": self._kill_recommendations,
            "provider": self._kill_provider,
        }

    def retry(self, send: Callable[[], Sent]) -> Sent:
        """Repeat a request until the shop answers."""
        for _ in range(MAX_TRIES):
            assert self._is_open.wait(DEADLINE), "the shop did not come back"
            try:
                return send()
            except NoAnswer:
                continue
        raise AssertionError(f"no answer to {MAX_TRIES} tries")

    def await_delivery(self, store: Store) -> None:
        """Wait until all events and callbacks are delivered; none may be refused."""
        await_that(lambda: not self._pending(store), show=lambda: self._pending(store))

    def _pending(self, store: Store) -> dict[str, object]:
        with PoolManager(retries=False) as pool:
            outbox = json.loads(pool.request("GET", f"{self.shop}/readyz").data)["outbox"]
        assert outbox["refused"] == 0
        with reading(store.engine) as connection:
            placed = connection.execute(select(func.count()).where(orders.c.state == "placed")).scalar_one()
        engine = open_engine(self.providers_database)
        with reading(engine) as connection:
            undelivered = connection.execute(select(func.count()).where(payments.c.call_at.is_not(None))).scalar_one()
        engine.dispose()
        left = {"waiting": waiting_in(outbox), "placed": placed, "undelivered": undelivered}
        return {**left, "outbox": outbox} if any(left.values()) else {}

    def _environment(self, port: int) -> dict[str, str]:
        assert self._provider
        assert self._recommendations
        return {
            "MARKETPLACE_DATA_DIR": str(self._folder / "marketplace"),
            "MARKETPLACE_DATABASE_URL": self._database,
            "MARKETPLACE_PORT": str(port),
            "MARKETPLACE_PAYMENTS_URL": f"http://127.0.0.1:{self._provider.port}",
            "RECOMMENDATIONS_HOST": "127.0.0.1",
            "RECOMMENDATIONS_PORT": str(self._recommendations.port),
        }

    def _start_provider(self, port: int) -> Process:
        settings = {
            "PAYMENTS_SECONDS": "0.2",
            "PAYMENTS_DECLINES": "0.3",
            "PAYMENTS_PORT": str(port),
            "MARKETPLACE_PORT": "0",
        }
        return Process("payments", {**settings, "PAYMENTS_DATA_DIR": str(self._folder / "payments")})

    def _open_shop(self, port: int) -> None:
        self._shop = Process("marketplace", self._environment(port))
        self._is_open.set()

    def _start_relay(self) -> None:
        assert self._shop
        self._relay = Command("marketplace", ["relay"], self._environment(self._shop.port))
        self._relay.await_output("delivers events")

    def _kill_shop(self) -> None:
        assert self._shop
        self._is_open.clear()
        self._shop.kill()
        self.log += self._shop.log
        self._open_shop(self._shop.port)

    def _kill_relay(self) -> None:
        assert self._relay
        assert self._relay.kill_after(0), "the relay ended by itself"
        self._start_relay()

    def _kill_recommendations(self) -> None:
        assert self._recommendations
        self._recommendations.kill()
        self._recommendations = self.recommending.serve(self._recommendations.port)

    def _kill_provider(self) -> None:
        assert self._provider
        self._provider.kill()
        self._provider = self._start_provider(self._provider.port)

    def _end(self) -> None:
        if self._relay:
            self._relay.kill_after(0)
        for process in (self._shop, self._provider, self._recommendations):
            if process:
                process.kill()
                self.log += process.log
