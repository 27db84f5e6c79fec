"""The shipped model on its true path: trained, published, mapped, and asked as the server asks it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from recommendations.domain.books import Book
from recommendations.domain.recommending import RecommendRequest
from recommendations.evaluation.case import load_interactions
from recommendations.evaluation.cost import Cost, Meter
from recommendations.evaluation.interactions import Interactions
from recommendations.model import artifact
from recommendations.model.artifact import Artifact
from recommendations.model.ranking.served_model import ServedModel


def train_and_publish(
    interactions: Path, books: Mapping[int, Book], folder: Path, budget: float | None
) -> tuple[Path, Cost]:
    """Train in this process, which does nothing else, and publish in `folder`; returns where, and what it cost."""
    told = load_interactions(interactions)
    meter = Meter()
    model = _train(told, books, budget)
    cost = meter.read()
    artifact.publish(model, folder)
    return folder / model.version, cost


def _train(told: Interactions, books: Mapping[int, Book], budget: float | None) -> Artifact:
    # SciPy takes a while to load, and scoring does without.
    from recommendations.model.learning import training  # noqa: PLC0415

    seconds = training.DEFAULT_BUDGET if budget is None else budget
    return training.train(list(books.values()), told.events(), now=_last_moment(told), budget=seconds).artifact


def _last_moment(told: Interactions) -> datetime:
    """When the training would have been: what is old then is judged as of then, not as of today."""
    times = told.times[told.dated]
    return datetime.fromtimestamp(times.max(), UTC) if len(times) else datetime.now(UTC)


_served: ServedModel | None = None
"""The model of a scoring process."""


def open_model(folder: Path, books: Mapping[int, Book]) -> None:
    """Map the model for `rank` in this process."""
    global _served  # noqa: PLW0603  (a pool hands its processes nothing else)
    _served = ServedModel.of(artifact.load(folder), books.values())


def rank(readers: list[int], k: int) -> list[list[int]]:
    """These readers' lists from the model that `open_model` mapped, as the server gives them."""
    assert _served is not None  # noqa: S101  (the pool opened it)
    requests = (RecommendRequest(reader_id=reader, category=None, limit=k) for reader in readers)
    return [shelf.book_ids for shelf in map(_served.recommend, requests)]
