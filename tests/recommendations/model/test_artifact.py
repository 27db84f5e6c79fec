"""Models on disk: whole or refused."""

import hashlib
import json
import os
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from recommendations.domain import Event, InteractionKind, ModelUnusable
from recommendations.model.artifact import KEPT, MANIFEST, STALE_SECONDS, Artifact, load, new_version, publish
from recommendations.model.training import train

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = [
    Event(place, reader, book, InteractionKind.PURCHASE, 0.0)
    for place, (reader, book) in enumerate([(1, 5), (1, 6), (2, 5), (2, 6), (3, 7), (3, 5)], 1)
]


def made(version: str | None = None) -> Artifact:
    """A small model, of that version or of one of its own."""
    artifact = train([5, 6, 7, 8], [EVENTS], now=NOW)
    return replace(artifact, manifest=artifact.manifest | {"version": version}) if version else artifact


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The folder of a published model."""
    artifact = made()
    publish(artifact, tmp_path)
    return tmp_path / artifact.version


def restate(folder: Path, **changes: Any) -> None:
    """Rewrite entries of the manifest, and the checksum of every array to what it is now."""
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["checksums"] = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.npy")
    } | {name: "" for name in manifest["checksums"] if not (folder / f"{name}.npy").exists()}
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


def test_round_trip(tmp_path: Path) -> None:
    """What is loaded equals what was published, in every array and entry."""
    artifact = made()
    publish(artifact, tmp_path)
    loaded = load(tmp_path / artifact.version)
    assert loaded.version == artifact.version
    assert loaded.manifest.items() >= artifact.manifest.items()
    pairs: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [
        (loaded.books.ids, artifact.books.ids),
        (loaded.readers_of_book, artifact.readers_of_book),
        (loaded.neighbours.indptr, artifact.neighbours.indptr),
        (loaded.neighbours.rows, artifact.neighbours.rows),
        (loaded.neighbours.weights, artifact.neighbours.weights),
        (loaded.histories.readers.ids, artifact.histories.readers.ids),
        (loaded.histories.indptr, artifact.histories.indptr),
        (loaded.histories.rows, artifact.histories.rows),
        (loaded.histories.standings, artifact.histories.standings),
    ]
    for found, expected in pairs:
        assert expected.size
        np.testing.assert_array_equal(found, expected)
    assert loaded.histories.sequence == EVENTS[-1].sequence


def test_arrays_are_mapped_and_cannot_be_written(published: Path) -> None:
    """Processes share one copy of the pages: the arrays are views of a read-only mapping."""
    weights = load(published).neighbours.weights
    assert isinstance(weights.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1.0


def test_an_empty_model_round_trips(tmp_path: Path) -> None:
    """A model of no books and no readers is a model."""
    artifact = train([], [], now=NOW)
    publish(artifact, tmp_path)
    assert len(load(tmp_path / artifact.version).books) == 0


def damage(name: str) -> Callable[[Path], None]:
    """Turn one bit of an array around."""

    def turn(folder: Path) -> None:
        path = folder / f"{name}.npy"
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)

    return turn


def truncate(folder: Path) -> None:
    """Cut an array off, under a checksum that fits."""
    path = folder / "neighbour_weights.npy"
    path.write_bytes(path.read_bytes()[:-4])
    restate(folder)


def empty_file(folder: Path) -> None:
    """Leave nothing of an array, under a checksum that fits."""
    (folder / "neighbour_weights.npy").write_bytes(b"")
    restate(folder)


def pickled(folder: Path) -> None:
    """Put a pickle in an array's place, under a checksum that fits."""
    (folder / "books.npy").write_bytes(pickle.dumps([5, 6, 7, 8]))
    restate(folder)


def array_of_objects(folder: Path) -> None:
    """Put an array that holds a pickle in an array's place, under a checksum that fits."""
    np.save(folder / "books.npy", np.array([5, "six"], dtype=object), allow_pickle=True)
    restate(folder)


def wider(folder: Path) -> None:
    """Store an array in another type, under a checksum that fits."""
    np.save(folder / "books.npy", np.load(folder / "books.npy").astype(np.int64))
    restate(folder)


def absent(folder: Path) -> None:
    """Take an array away."""
    (folder / "history_rows.npy").unlink()


def no_manifest(folder: Path) -> None:
    """Take the manifest away."""
    (folder / MANIFEST).unlink()


def other_books(folder: Path) -> None:
    """Bring the books of another model, under a checksum that fits."""
    np.save(folder / "books.npy", np.array([5, 6, 7, 9], dtype=np.int32))
    restate(folder)


def manifest(text: bytes) -> Callable[[Path], None]:
    """Write this in the manifest's place."""

    def write(folder: Path) -> None:
        (folder / MANIFEST).write_bytes(text)

    return write


@pytest.mark.parametrize(
    "spoil",
    [
        damage("neighbour_weights"),
        damage("books"),
        damage("history_standings"),
        truncate,
        empty_file,
        pickled,
        array_of_objects,
        wider,
        absent,
        no_manifest,
        other_books,
        manifest(b"{"),
        manifest(b""),
        manifest(b"[]"),
        manifest(b"\xff\xfe"),
        manifest(b'{"format": 1}'),
        manifest(b'{"format": 1, "checksums": null}'),
        manifest(b'{"format": 1, "checksums": []}'),
        lambda folder: restate(folder, format=2),
        lambda folder: restate(folder, format="1"),
        lambda folder: restate(folder, sequence="many"),
        lambda folder: restate(folder, sequence=None),
        lambda folder: restate(folder, vocabulary_sha256="0"),
        lambda folder: restate(folder, version="another"),
        lambda folder: folder.rename(folder.with_name("renamed")),
    ],
)
def test_what_is_not_a_whole_model_of_this_format_is_refused(published: Path, spoil: Callable[[Path], None]) -> None:
    """Each kind of damage is ModelUnusable, whose message says which model is meant."""
    spoil(published)
    with pytest.raises(ModelUnusable, match="|".join([published.name, "renamed"])):
        load(published if published.exists() else published.with_name("renamed"))


def test_an_unharmed_model_survives_restating(published: Path) -> None:
    """The tests above refuse for their own damage, not for the way they are written."""
    restate(published)
    assert load(published).version == published.name


def test_nothing_half_written_is_ever_seen(tmp_path: Path) -> None:
    """A publication that failed leaves no model, and the next one clears its remains away once they are old."""

    class Stopped(Exception):
        pass

    class FailsHalfWay(dict[str, Any]):
        def __or__(self, other: Any) -> Any:
            raise Stopped

    artifact = made("20260101T000000Z-aaaaaa")
    failing = replace(artifact, manifest=FailsHalfWay(artifact.manifest))
    with pytest.raises(Stopped):
        publish(failing, tmp_path)
    (left_over,) = tmp_path.iterdir()
    assert left_over.name.startswith(".")
    assert list(left_over.glob("*.npy"))
    with pytest.raises(ModelUnusable):
        load(tmp_path / artifact.version)

    publish(made("20260101T000001Z-bbbbbb"), tmp_path)
    # Young remains may belong to another training that is under way.
    assert left_over.exists()
    an_hour_ago = time.time() - STALE_SECONDS - 1
    os.utime(left_over, (an_hour_ago, an_hour_ago))
    publish(made("20260101T000002Z-cccccc"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20260101T000001Z-bbbbbb", "20260101T000002Z-cccccc"]


def test_a_disk_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """An error while writing is told, and what was written so far is gone."""
    artifact = made("20260101T000000Z-aaaaaa")
    unwritable = replace(artifact, manifest={"version": artifact.version + "/deeper"})
    with pytest.raises(OSError, match="deeper"):
        publish(unwritable, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_newest_models_stay(tmp_path: Path) -> None:
    """The newest three stay, older ones go, and what is not a model is left alone."""
    (tmp_path / "notes").mkdir()
    versions = [new_version(NOW + timedelta(seconds=second)) for second in range(KEPT + 2)]
    for version in versions:
        publish(made(version), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [*versions[-KEPT:], "notes"]


def test_what_was_just_published_stays(tmp_path: Path) -> None:
    """A clock that was set back does not make a publication delete its own model."""
    for second in range(KEPT):
        publish(made(new_version(NOW + timedelta(seconds=second))), tmp_path)
    late = new_version(NOW - timedelta(hours=1))
    publish(made(late), tmp_path)
    assert load(tmp_path / late).version == late


def test_versions_sort_by_time_and_never_repeat() -> None:
    """A later model has a greater name, wherever it was made, and two of one second differ."""
    east = timezone(timedelta(hours=5))
    assert new_version(NOW) < new_version((NOW + timedelta(seconds=1)).astimezone(east))
    assert len({new_version(NOW) for _ in range(20)}) == 20
