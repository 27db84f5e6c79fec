"""Relays and Recommendations are killed during deliveries: each event is recorded once, in order."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from sqlalchemy import select

from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.store import Store, open_store
from recommendations.store.schema import interactions
from servicekit.clock import now
from servicekit.database.engine import open_engine, reading
from tests.e2e.processes import Command, Process, await_that
from tests.e2e.small_shop import BOOKS, SmallShop

pytestmark = [pytest.mark.long, pytest.mark.slow]

EVENTS = 2000
"""The events of a stage, enough to kill a process before all are delivered."""


@pytest.fixture
def shop(database_url: str) -> Iterator[Store]:
    """The shop's database, on SQLite and PostgreSQL."""
    with closing(open_store(database_url)) as store:
        store.migrate()
        yield store


class Relays:
    """Relay processes of one shop."""

    def __init__(self, database: str, server: Process, stack: ExitStack) -> None:
        self._environment = {
            "MARKETPLACE_DATABASE_URL": database,
            "RECOMMENDATIONS_HOST": "127.0.0.1",
            "RECOMMENDATIONS_PORT": str(server.port),
        }
        self._stack = stack

    def start(self) -> Command:
        """Start a relay, which delivers or waits for the lease."""
        command = Command("marketplace", ["relay"], self._environment)
        self._stack.callback(command.kill_after, 0)
        command.await_output("delivers events")
        return command


def add_events(shop: Store, stage: int) -> int:
    """Add the events of a stage to the outbox; returns its length."""
    with shop.write() as work:
        for number in range(stage * EVENTS, (stage + 1) * EVENTS):
            work.outbox.add(click(number), created_at=now())
        work.commit()
        return work.outbox.length().waiting


def click(number: int) -> Interaction:
    """A click by one of 300 readers."""
    return Interaction(
        id=f"event-{number}",
        reader_id=1_000_000_000 + number % 300,
        book_id=number % BOOKS + 1,
        kind=InteractionKind.CLICK,
        occurred_at=now(),
    )


def await_shorter(shop: Store, than: int) -> None:
    """Wait until the outbox is shorter."""

    def is_shorter() -> bool:
        with shop.read() as work:
            return work.outbox.length().waiting < than

    await_that(is_shorter)


def recorded(recommendations: SmallShop) -> list[str]:
    """The ids of the recorded clicks, in order."""
    engine = open_engine(recommendations.database)
    with reading(engine) as connection:
        ids = connection.execute(select(interactions.c.id).order_by(interactions.c.sequence)).scalars().all()
    engine.dispose()
    return [id_ for id_ in ids if id_.startswith("event-")]


def test_each_event_is_recorded_once(shop: Store, trained_shop: SmallShop, database_url: str) -> None:
    """Nothing is lost or repeated when relays and Recommendations are killed and restarted."""
    with ExitStack() as stack:
        server = trained_shop.serve()
        stack.callback(server.kill)
        relays = Relays(database_url, server, stack)

        length = add_events(shop, 0)
        alone = relays.start()
        await_shorter(shop, length)
        assert alone.kill_after(0), "the relay ended by itself"
        first, second = relays.start(), relays.start()

        # The relay that delivers now had to wait until the killed relay's lease ran out.
        await_shorter(shop, add_events(shop, 1))
        server.kill()
        assert first.kill_after(0), "the relay ended by itself"
        first = relays.start()
        server = trained_shop.serve(server.port)
        stack.callback(server.kill)

        await_shorter(shop, add_events(shop, 2))
        assert second.kill_after(0), "the relay ended by itself"
        await_shorter(shop, 1)
        first.terminate()
        first.require_success()
    assert recorded(trained_shop) == [f"event-{number}" for number in range(3 * EVENTS)]
    with shop.read() as work:
        assert work.outbox.failed(1) == []
