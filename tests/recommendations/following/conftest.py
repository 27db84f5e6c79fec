"""A follower over a real store with one book and one fake model."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recommendations.following.follower import Follower
from tests.recommendations.fakes import FakeModel, FakeModels, fail
from tests.recommendations.stores import HookedStore, book, hooked_store

DEADLINE = 20


def in_use(follower: Follower) -> FakeModel:
    assert isinstance(follower.model, FakeModel)
    return follower.model


def fails_once() -> Callable[[], None]:
    """A function that fails the first time it is called."""
    failures = [fail]

    def once() -> None:
        if failures:
            failures.pop()()

    return once


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HookedStore]:
    with hooked_store(tmp_path) as store:
        store.put(book(1))
        store.versions = ["m1"]
        yield store


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture
def follower(store: HookedStore, models: FakeModels) -> Follower:
    return Follower(store, models)
