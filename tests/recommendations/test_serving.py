"""How the server is built from its settings."""

import threading
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from recommendations.domain.books import Book
from recommendations.domain.interactions import NOBODY, Interaction, InteractionKind
from recommendations.domain.recommending import RecommendRequest
from recommendations.following.follower import Follower
from recommendations.model.artifact import reveal, stage
from recommendations.serving import _follow, create_follower
from recommendations.settings import Settings
from recommendations.store import Store
from servicekit.database.engine import open_engine
from servicekit.grpc.server import Server
from servicekit.settings import read_settings
from tests.recommendations.trained import trained

HERBERT, AUSTEN = ("Frank Herbert",), ("Jane Austen",)
BOOKS = [
    Book(id=1, title="Dune", authors=HERBERT),
    Book(id=2, title="Dune Messiah", authors=HERBERT),
    Book(id=3, title="Emma", authors=AUSTEN),
]
READERS = {1: (1, 2, 3, 4), 2: (1, 2, 3), 3: (1, 2)}
"""The readers of each book; books with more readers come first for reader 0."""


@pytest.mark.parametrize(("diversity", "listed"), [("0", [1, 2, 3]), ("1", [1, 3, 2])])
def test_the_diversity_of_the_settings_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, diversity: str, listed: list[int]
) -> None:
    """RECOMMENDATIONS_DIVERSITY decides where a list has the second book of an author."""
    monkeypatch.setenv("RECOMMENDATIONS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RECOMMENDATIONS_DIVERSITY", diversity)
    settings = read_settings(Settings)
    store = Store(open_engine(settings.database))
    store.migrate()
    publish(store, settings.models)
    follower = create_follower(settings, store)
    follower.step()
    answer = follower.model.recommend(RecommendRequest(reader_id=NOBODY, topic=None, limit=3))
    store.close()
    assert answer.book_ids == listed


def publish(store: Store, models: Path) -> None:
    """Store the books and their readers' purchases, and publish a model of them."""
    with store.write() as work:
        work.books.upsert(BOOKS, date(2026, 1, 1))
        work.interactions.add(
            [
                Interaction(id=f"{reader}-{book}", reader_id=reader, book_id=book, kind=InteractionKind.PURCHASE)
                for book, readers in READERS.items()
                for reader in readers
            ]
        )
        model = trained(READERS, [event for chunk in work.interactions.events_after(0) for event in chunk])
        reveal(stage(model, models))
        work.models.add(model.version, model.manifest)
        work.commit()


def test_a_following_thread_that_fails_is_not_serving() -> None:
    """Until it runs again and has a model; an end that was asked for changes nothing."""

    class Failing:
        def step(self) -> None:
            raise MemoryError

    class Health:
        serving = True

        def set_serving(self, *, serving: bool) -> None:
            self.serving = serving

    health, stop = Health(), threading.Event()
    with pytest.raises(MemoryError):
        _follow(cast("Follower", Failing()), cast("Server", health), stop)
    assert not health.serving
    health.serving = True
    stop.set()
    with pytest.raises(MemoryError):
        _follow(cast("Follower", Failing()), cast("Server", health), stop)
    assert health.serving
