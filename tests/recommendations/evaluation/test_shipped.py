"""The shipped model, trained and queried in one process."""

from pathlib import Path

import pytest

from recommendations.domain.books import Book
from recommendations.evaluation import shipped
from recommendations.model import artifact
from tests.recommendations.evaluation.histories import bought, did, interactions


def test_the_model_is_trained_published_and_queried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader gets the books of similar readers; the list is as long as requested."""
    monkeypatch.setattr(shipped, "_served", 0)
    bought({1: [1, 2], 2: [1, 2], 3: [1], 4: [3, 4], 5: [3]}).save(tmp_path / "history.npz")
    books = {id_: Book(id=id_, title=str(id_)) for id_ in (1, 2, 3, 4)}
    published, cost = shipped.train_and_publish(tmp_path / "history.npz", books, tmp_path / "models", 0)
    assert (published / "manifest.json").is_file()
    assert cost.train_seconds > 0
    assert cost.peak_mb > 20
    shipped.open_model(published, books)
    assert shipped.rank([3, 5], 1) == [[2], [4]]
    assert [len(ranked) for ranked in shipped.rank([3, 5], 2)] == [2, 2]


def test_it_is_trained_at_the_time_of_the_last_event(tmp_path: Path) -> None:
    """Recency is relative to the last event."""
    interactions(did(1, 1, at=86_400), did(2, 1, at=60), did(2, 2)).save(tmp_path / "history.npz")
    published, _ = shipped.train_and_publish(tmp_path / "history.npz", {}, tmp_path / "models", 0)
    assert artifact.load(published).manifest["created_at"] == "1970-01-02T00:00:00+00:00"
