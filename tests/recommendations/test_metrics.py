"""The metrics of a process of Recommendations."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from recommendations.following.follower import Follower
from recommendations.metrics import add_follower
from recommendations.settings import Settings
from tests.recommendations.fakes import TRAINED_AT, FakeModels
from tests.recommendations.stores import HookedStore, hooked_store

NAMES = ("recommendations_model_age_seconds", "recommendations_catalogue_age_seconds")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HookedStore]:
    with hooked_store(tmp_path) as store:
        yield store


def test_ages_of_the_model_and_of_what_is_followed(store: HookedStore) -> None:
    """Before there is a model, and a first read, there are none."""
    seconds = 1000.0
    follower = Follower(store, FakeModels(), clock=lambda: seconds)
    registry = CollectorRegistry()
    add_follower(registry, follower, clock=lambda: TRAINED_AT + timedelta(hours=1))
    follower.step()
    assert [registry.get_sample_value(name) for name in NAMES] == [None, None]
    store.versions = ["m1"]
    follower.step()
    seconds = 1007.0
    assert [registry.get_sample_value(name) for name in NAMES] == [3600, 7]


def test_each_worker_has_a_port_of_its_own() -> None:
    """The ports after the first one's; any free one each, or none, if so set."""
    assert [Settings(metrics_port=9464).metrics_port_of(number) for number in range(3)] == [9464, 9465, 9466]
    assert Settings(metrics_port=0).metrics_port_of(3) == 0
    assert Settings().metrics_port_of(3) is None
