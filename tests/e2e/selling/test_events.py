"""A running shop publishes to the addresses of its settings and to those that moderators add."""

from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from events import types
from events.envelope import decode
from events.signature import verify
from marketplace.domain.events import NOTICES
from marketplace.store import Store, open_store
from servicekit.clock import now
from tests.e2e.processes import Command, Process, await_that
from tests.http_server import HttpServer, Request
from tests.rabbitmq import RabbitMQ

pytestmark = pytest.mark.slow
PASSWORD = "guest:guest"


def shop_of(folder: Path, **settings: str) -> Process:
    """A shop with its data in a folder, without its other services."""
    (folder / "books.csv").write_text("book_id,title\n7,Dune\n", encoding="utf-8")
    own = {"MARKETPLACE_DATA_DIR": str(folder), "MARKETPLACE_PORT": "0", "RECOMMENDATIONS_PORT": "1"}
    return Process("marketplace", own | settings)


def publish(store: Store, *data: types.EventData) -> None:
    with store.write() as work:
        work.outbox.publish(*data, at=now())
        work.commit()


def types_of(requests: list[Request], secret: str) -> list[str]:
    """The types of the received events, which are signed with the secret."""
    for request in requests:
        verify(secret, {name.lower(): value for name, value in request.headers.items()}, request.body)
    return [decode(request.body).type for request in requests]


@pytest.mark.rabbitmq
def test_addresses_of_settings_and_of_moderators(tmp_path: Path, broker: RabbitMQ) -> None:
    """Over both transports; no password is logged, and the shop ends in time with a dead broker."""
    with ExitStack() as stack:
        named, added = stack.enter_context(HttpServer()), stack.enter_context(HttpServer())
        listening = stack.enter_context(ExitStack())
        channel = listening.enter_context(broker.channel())
        channel.exchange_declare("marketplace.events", "topic", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "marketplace.events", routing_key="#")
        settings = {
            "MARKETPLACE_EVENTS_URL": f"{named.url}/in, {broker.url}",
            "MARKETPLACE_NOTICES_URL": broker.url,
            "MARKETPLACE_PUBLIC_URL": "https://books.example/",
        }
        shop = shop_of(tmp_path, **settings)
        stack.callback(shop.kill)
        store = stack.enter_context(closing(open_store(f"sqlite:///{tmp_path / 'marketplace.db'}")))
        with store.write() as work:
            work.destinations.add(added.url, "whsec_" + "a" * 32, types=[types.BookRemoved.type], at=now())
            work.commit()
        notice = types.NoticeRequested(
            kind="password_changed", reader_id=7, to="ada@example.com", shop_name="Shop", path="/account"
        )
        publish(store, types.ReaderRegistered(reader_id=7), types.BookRemoved(book_id=7), notice)

        with store.read() as work:
            secrets = [stored.secret for stored in work.destinations.all()]
        public = [types.ReaderRegistered.type, types.BookRemoved.type]
        assert types_of(named.await_requests(2), secrets[0]) == public
        assert types_of(added.await_requests(1), secrets[2]) == [types.BookRemoved.type]
        assert decode(named.requests[0].body).source == "https://books.example"
        got = [body for _, _, body in (next(channel.consume(queue, auto_ack=True)) for _ in public)]
        assert [decode(body).type for body in got if body] == public
        await_that(lambda: lengths(store) == 0)
        assert decode(channel.basic_get("notices", auto_ack=True)[2] or b"").data == notice

        listening.close()
        broker.kill()
        publish(store, types.BookRemoved(book_id=8), notice)
        assert types_of(added.await_requests(2), secrets[2])[1:] == [types.BookRemoved.type]
        shop.await_output("destination_backed_off")
        assert shop.stop() == 0
        assert PASSWORD not in shop.output
        assert lengths(store) > 0

        # Another process delivers the rest; the shop's settings no longer name the broker.
        broker.start()
        relay = Command("marketplace", ["relay"], settings | {"MARKETPLACE_DATA_DIR": str(tmp_path)})
        stack.callback(relay.kill_after, 0)
        await_that(lambda: waiting_for_notices(store) == 0, show=lambda: relay.output)
        assert relay.stop() == 0


def lengths(store: Store) -> int:
    """How many published events wait."""
    with store.read() as work:
        return sum(
            length.waiting
            for to, length in work.outbox.lengths().items()
            if to == NOTICES or to.value.startswith("events")
        )


def waiting_for_notices(store: Store) -> int:
    with store.read() as work:
        return work.outbox.lengths()[NOTICES].waiting
