"""A server over a store and a model of a small history, and a client."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import grpc
import pytest

from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.server import create_server
from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Interaction, InteractionKind
from recommendations.following.follower import Follower
from recommendations.model import artifact
from recommendations.model.learning.training import train
from recommendations.model.published_models import PublishedModels
from recommendations.service import RecommendationService
from recommendations.store import Store
from servicekit.database.engine import open_engine
from servicekit.grpc.server import Server

DEADLINE = 20
CATEGORIES = (Category.MYSTERY, Category.SCIENCE_FICTION, Category.SELF_HELP)


def title(id_: int) -> str:
    """The title of a book, which names its category."""
    return f"{CATEGORIES[id_ % 3].name} {id_}"


@dataclass(frozen=True)
class Shop:
    store: Store
    server: Server
    channel: grpc.Channel
    models: Path
    publish: Callable[[], str]
    """Trains and publishes a model; returns its version."""

    @property
    def stub(self) -> pb_grpc.RecommendationsStub:
        return pb_grpc.RecommendationsStub(self.channel)


def fill(store: Store) -> None:
    """Thirty books in three categories, and a hundred readers who each bought books of one category."""
    books = [Book(id=id_, title=title(id_), categories=(CATEGORIES[id_ % 3],)) for id_ in range(1, 31)]
    bought = [(reader, 3 * ((reader * step) % 10) + reader % 3 + 1) for reader in range(1, 101) for step in (1, 2, 3)]
    with store.write() as work:
        work.books.upsert(books, date(2026, 1, 1))
        work.interactions.add(
            [
                Interaction(id=f"{reader}-{book}", reader_id=reader, book_id=book, kind=InteractionKind.PURCHASE)
                for reader, book in bought
            ]
        )
        work.commit()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    models = tmp_path / "models"
    store = Store(open_engine(f"sqlite:///{tmp_path / 'recommendations.db'}"))
    store.migrate()
    fill(store)

    def publish() -> str:
        with store.read() as work:
            readers_revision = work.readers.revision()
            events = work.interactions.events_after(0)
            books, _ = work.books.changed_since(0)
            model = train(books, events, now=datetime.now(UTC), readers_revision=readers_revision, budget=0).artifact
        artifact.publish(model, models)
        with store.write() as work:
            work.models.add(model.version, model.manifest)
            work.commit()
        return model.version

    publish()
    follower = Follower(store, PublishedModels(models))
    server = create_server(RecommendationService(store, follower), ("127.0.0.1",), 0)
    server.start()
    stop, ready = threading.Event(), threading.Event()
    following = threading.Thread(target=follower.run, args=(stop, ready.set))
    following.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
    try:
        assert ready.wait(DEADLINE)
        yield Shop(store, server, channel, models, publish)
    finally:
        stop.set()
        channel.close()
        server.stop()
        following.join()
        store.close()
