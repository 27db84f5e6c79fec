"""The published models: opening, deleting readers, removing old ones."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from recommendations.domain.books import Book
from recommendations.domain.errors import ForgettingUnfinished, ModelUnusable
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.domain.recommending import RecommendRequest
from recommendations.model import disk
from recommendations.model.artifact import load, publish, stage
from recommendations.model.published_models import STALE_SECONDS, PublishedModels, remove_unused
from tests.recommendations.trained import trained

EVENTS = [
    Event(sequence, reader, book, InteractionKind.PURCHASE, 0.0)
    for sequence, (reader, book) in enumerate([(1, 5), (1, 6), (2, 5), (2, 6), (3, 7), (3, 5)], 1)
]
LONG_AGO = time.time() - STALE_SECONDS - 1


def put(folder: Path, *versions: str) -> None:
    """Publish models of these versions."""
    artifact = trained([5, 6, 7, 8], EVENTS)
    for version in versions:
        publish(replace(artifact, manifest=artifact.manifest | {"version": version}), folder)


def readers(folder: Path, version: str) -> list[int]:
    return [int(reader_id) for reader_id in load(folder / version).histories.readers.ids]


def files(folder: Path) -> list[str]:
    """All names in the folder, except the lock."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_models_recommend_from_the_current_catalogue(tmp_path: Path) -> None:
    """After a refresh, a model recommends added books and no removed ones."""
    put(tmp_path, "m")
    models = PublishedModels(tmp_path)
    models.update_catalogue([Book(id=5, title="Dune"), Book(id=6, title="Ubik")])
    model = models.open("m")
    assert model.version == "m"

    def titles() -> list[str]:
        result = model.recommend(RecommendRequest(reader_id=9, topic=None, limit=9))
        return sorted(item.book.title for item in result.recommendations)

    assert titles() == ["Dune", "Ubik"]
    models.update_catalogue([Book(id=5, title="Dune", removed=True), Book(id=8, title="Emma")])
    assert titles() == ["Dune", "Ubik"]
    model.refresh_catalogue()
    assert titles() == ["Emma", "Ubik"]


def test_opening_an_absent_model(tmp_path: Path) -> None:
    """ModelUnusable is raised, even if the folder does not exist."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ModelUnusable, match="m"):
            PublishedModels(folder).open("m")


def test_forgetting_in_every_model(tmp_path: Path) -> None:
    """The readers are deleted from all models; a repeat changes nothing."""
    put(tmp_path, "a", "b")
    for _ in range(2):
        PublishedModels(tmp_path).forget([1, 3, 4711])
        assert readers(tmp_path, "a") == readers(tmp_path, "b") == [2]
    assert files(tmp_path) == ["a", "b"]


def test_forgetting_before_the_first_model(tmp_path: Path) -> None:
    """If the folder does not exist, nothing happens."""
    PublishedModels(tmp_path / "nowhere").forget([1])
    assert not (tmp_path / "nowhere").exists()


def test_models_that_cannot_be_pruned_are_removed(tmp_path: Path) -> None:
    """Damaged models and models of an older format are removed; other files stay."""
    put(tmp_path, "a", "b", "c", "d")
    (tmp_path / "a" / "history_readers.npy").write_bytes(b"")
    (tmp_path / "b" / disk.MANIFEST).write_text('{"format": 1}')
    (tmp_path / "c" / disk.MANIFEST).write_text("{")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    PublishedModels(tmp_path).forget([1])
    assert files(tmp_path) == ["d", "notes", "notes.txt"]
    assert readers(tmp_path, "d") == [2, 3]


def test_forgetting_removes_leftovers(tmp_path: Path) -> None:
    """Leftovers of old trainings and removals are removed; a recent one may belong to a running training."""
    put(tmp_path, "a")
    artifact = load(tmp_path / "a")
    for version in ("old", "young"):
        stage(replace(artifact, manifest=artifact.manifest | {"version": version}), tmp_path)
    os.utime(tmp_path / ".old.partial", (LONG_AGO, LONG_AGO))
    shutil.copytree(tmp_path / "a", tmp_path / ".b.dropped")
    PublishedModels(tmp_path).forget([4711])
    assert files(tmp_path) == [".young.partial", "a"]


def test_a_disk_that_fails(tmp_path: Path) -> None:
    """ForgettingUnfinished has the error as its cause, and a later attempt succeeds."""
    put(tmp_path, "a")
    in_the_way = tmp_path / "a" / f"{disk.MANIFEST}.new"
    in_the_way.mkdir()
    with pytest.raises(ForgettingUnfinished) as caught:
        PublishedModels(tmp_path).forget([1])
    assert isinstance(caught.value.__cause__, OSError)
    assert readers(tmp_path, "a") == [1, 2, 3]
    in_the_way.rmdir()
    PublishedModels(tmp_path).forget([1])
    assert readers(tmp_path, "a") == [2, 3]


def test_removing_unused_models(tmp_path: Path) -> None:
    """Recorded models that are not to be kept, and old unrecorded ones, are removed; all else stays."""
    put(tmp_path, "a", "b", "c", "unrecorded", "orphan")
    os.utime(tmp_path / "orphan" / disk.MANIFEST, (LONG_AGO, LONG_AGO))
    (tmp_path / "notes").mkdir()
    remove_unused(tmp_path, kept=["b"], recorded={"a", "b", "c", "gone"})
    assert files(tmp_path) == ["b", "notes", "unrecorded"]
