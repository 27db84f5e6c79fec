"""The shipped model: trained, published, loaded and queried as the server does it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from recommendations.domain.books import Book
from recommendations.domain.recommending import RecommendRequest
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.training_cost import Meter, TrainingCost
from recommendations.model import artifact
from recommendations.model.artifact import Artifact
from recommendations.model.ranking.served_model import ServedModel


def train_and_publish(
    interactions: Path, books: Mapping[int, Book], folder: Path, budget: float
) -> tuple[Path, TrainingCost]:
    """Train in this process, which does nothing else; returns the published model in `folder`, and the cost."""
    history = Interactions.load(interactions)
    meter = Meter()
    model = _train(history, books, budget)
    cost = meter.read()
    artifact.publish(model, folder)
    return folder / model.version, cost


def _train(history: Interactions, books: Mapping[int, Book], budget: float) -> Artifact:
    # Imported here, because scoring processes do not need SciPy, which loads slowly.
    from recommendations.model.learning import training  # noqa: PLC0415

    return training.train(list(books.values()), history.events(), now=_last_moment(history), budget=budget).artifact


def _last_moment(history: Interactions) -> datetime:
    """The time at which this model would have been trained, since recency is relative to the training."""
    times = history.times[history.dated]
    return datetime.fromtimestamp(times.max(), UTC) if len(times) else datetime.now(UTC)


_served: ServedModel | None = None
"""The model of this scoring process."""


def open_model(folder: Path, books: Mapping[int, Book]) -> None:
    """Load the model for `rank` in this process."""
    global _served  # noqa: PLW0603  (a pool gives its processes no other state)
    _served = ServedModel.of(artifact.load(folder), books.values())


def rank(readers: list[int], k: int) -> list[list[int]]:
    """The lists of these readers, as the server returns them."""
    assert _served is not None  # noqa: S101  (the pool's initializer opened it)
    requests = (RecommendRequest(reader_id=reader, topic=None, limit=k) for reader in readers)
    return [result.book_ids for result in map(_served.recommend, requests)]
