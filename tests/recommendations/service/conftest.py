"""A service over a real store and a fake model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommendations.domain.books import UpsertOutcome, UpsertResult
from recommendations.domain.interactions import (
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Outcome,
    Result,
)
from recommendations.domain.recommending import RecommendRequest
from recommendations.following.follower import Follower
from recommendations.following.notifications import Notifications
from recommendations.service import RecommendationService
from tests.recommendations.fakes import FakeModel, FakeModels
from tests.recommendations.stores import HookedStore, book, hooked_store

STORED, REPEATED = Result(Outcome.STORED), Result(Outcome.REPEATED)
REFUSED = Result(Outcome.REFUSED, "book_id must be positive")
PUT = UpsertResult(UpsertOutcome.STORED)


def click(id_: str, book: int = 1, reader: int = 1) -> Interaction:
    return Interaction(id=id_, reader_id=reader, book_id=book, kind=InteractionKind.CLICK)


def request(limit: int = 2, *excluded: int) -> RecommendRequest:
    return RecommendRequest(reader_id=1, topic=None, limit=limit, excluded=frozenset(excluded))


class Shop:
    """A service over a real store and a fake model."""

    def __init__(self, store: HookedStore, *, ready: bool = True, notifications: Notifications | None = None) -> None:
        self.store = store
        self.store.put(*map(book, range(1, 7)))
        self.store.versions = ["m1"]
        self.models = FakeModels()
        self.follower = Follower(self.store, self.models, notifications=notifications)
        self.service = RecommendationService(self.store, self.follower)
        if ready:
            self.follower.step()

    @property
    def model(self) -> FakeModel:
        return self.models.opened[-1]

    def history(self, reader: int, *, limit: int = 10, before: int | None = None) -> HistoryPage:
        return self.service.history(HistoryRequest(reader_id=reader, limit=limit, before=before))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HookedStore]:
    with hooked_store(tmp_path) as store:
        yield store


@pytest.fixture
def shop(store: HookedStore) -> Shop:
    return Shop(store)
