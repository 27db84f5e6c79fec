"""The popularity of a trained model, and its half-life."""

from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import pytest

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import HALF_LIVES, popularity
from recommendations.model.learning.training import train
from recommendations.model.popularity import HALF_LIFE_DAYS, FirstLikes
from recommendations.model.preferences import EventColumns

NOW = datetime(2026, 1, 1, tzinfo=UTC)


YEAR = 365 * 86_400.0


K = InteractionKind


def books(*ids: int) -> list[Book]:
    return [Book(id=id_, title="") for id_ in ids]


def likes_of_a_year(readers: int = 200, count: int = 40) -> list[Event]:
    """Readers of two groups, at random times within a year."""
    rng = np.random.default_rng(0)
    return [
        Event(
            *(8 * reader + place, reader, 1 + 20 * (reader % 2) + book, K.CLICK, 0.0),
            NOW.timestamp() - YEAR * float(rng.random()),
        )
        for reader in range(1, readers + 1)
        for place, book in enumerate(rng.permutation(count // 2)[:8].tolist())
    ]


def test_popularity_alone_has_no_neighbours() -> None:
    """If popularity alone was chosen, the model has no neighbours, and popularity is that of its half-life."""
    events = likes_of_a_year()
    alone = popularity(3.0)
    artifact = train(books(*range(1, 41)), [events], now=NOW, parameters=alone).artifact
    assert artifact.manifest["parameters"] == asdict(alone)
    assert artifact.neighbours.indptr.tolist() == [0] * 41
    assert artifact.neighbours.recency_weights(3).tolist() == [1, 1, 1]
    assert artifact.neighbours.prior.weight > 0
    assert artifact.popularity.half_life_days == 3.0


@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("budget", [0, 60.0], ids=["without a search", "with one"])
def test_a_given_half_life(dated: bool, budget: float) -> None:
    """It is that of the popularity in the model, whatever was found, also where no time is known."""
    events = likes_of_a_year()
    if not dated:
        events = [event._replace(happened=float("nan")) for event in events]
    artifact = train(books(*range(1, 41)), [events], now=NOW, half_life_days=11.0, budget=budget).artifact
    assert artifact.manifest["half_life_days"] == artifact.manifest["parameters"]["half_life_days"] == 11.0
    likes = FirstLikes.of(EventColumns.of([events]), artifact.books)
    expected = likes.popularity(half_life_days=11.0, reference=NOW.timestamp())
    assert artifact.popularity.half_life_days == 11.0
    assert artifact.popularity.weights == pytest.approx(expected.weights)


def test_the_half_life_that_was_found() -> None:
    """Without a given one, the half-life is one of those tried; without a search, or times, the default."""
    events = likes_of_a_year()
    trained = train(books(*range(1, 41)), [events], now=NOW)
    found = trained.artifact.popularity
    assert trained.search is not None
    assert found.half_life_days == trained.search.chosen.parameters.half_life_days
    assert found.half_life_days in HALF_LIVES
    likes = FirstLikes.of(EventColumns.of([events]), trained.artifact.books)
    expected = likes.popularity(half_life_days=found.half_life_days, reference=NOW.timestamp())
    assert found.weights == pytest.approx(expected.weights)
    assert train(books(1), [events], now=NOW, budget=0).artifact.popularity.half_life_days == HALF_LIFE_DAYS
    undated = [event._replace(happened=float("nan")) for event in events]
    assert train(books(1), [undated], now=NOW).artifact.popularity.half_life_days == HALF_LIFE_DAYS
    given = Parameters(half_life_days=3.0)
    assert train(books(1), [events], now=NOW, parameters=given).artifact.popularity.half_life_days == 3.0


def test_popularity_is_as_of_the_training() -> None:
    """Likes are halved from the time of the training on, in the search too."""
    events = [Event(1, 1, 1, K.CLICK, 0.0, NOW.timestamp()), Event(2, 1, 2, K.CLICK, 0.0, NOW.timestamp() - YEAR)]
    artifact = train(books(1, 2), [events], now=NOW, parameters=Parameters(half_life_days=365.0)).artifact
    assert artifact.popularity.reference == NOW.timestamp()
    assert artifact.popularity.weights == pytest.approx([1, 0.5], abs=0.01)
