"""Models on disk are complete and undamaged, or refused."""

import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from recommendations.domain.books import Book
from recommendations.domain.errors import ModelUnusable
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.domain.recommending import ReasonKind, RecommendRequest
from recommendations.model.artifact import Artifact, load, new_version, publish
from recommendations.model.disk import FORMAT, MANIFEST
from recommendations.model.popularity import Prior
from recommendations.model.pruning import prune
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.trained import NOW, trained

EVENTS = [
    Event(sequence, reader, book, InteractionKind.PURCHASE, 0.0)
    for sequence, (reader, book) in enumerate([(1, 5), (1, 6), (2, 5), (2, 6), (3, 7), (3, 5)], 1)
]


def made(version: str | None = None) -> Artifact:
    """A small model with this version, or a new one."""
    artifact = trained([5, 6, 7, 8], EVENTS)
    return replace(artifact, manifest=artifact.manifest | {"version": version}) if version else artifact


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The folder of a published model."""
    artifact = made()
    publish(artifact, tmp_path)
    return tmp_path / artifact.version


def rewrite_manifest(folder: Path, **changes: Any) -> None:
    """Rewrite entries of the manifest, and the checksum of every array to what it is now."""
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["checksums"] = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() if (path := folder / file).exists() else ""
        for name, file in manifest["files"].items()
    }
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


def test_round_trip(tmp_path: Path) -> None:
    """Every array and every entry of the manifest is restored."""
    artifact = made()
    publish(artifact, tmp_path)
    loaded = load(tmp_path / artifact.version)
    assert loaded.version == artifact.version
    assert loaded.manifest.items() >= artifact.manifest.items()
    pairs: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [
        (loaded.books.ids, artifact.books.ids),
        (loaded.readers_of_book, artifact.readers_of_book),
        (loaded.popularity.weights, artifact.popularity.weights),
        (loaded.neighbours.indptr, artifact.neighbours.indptr),
        (loaded.neighbours.rows, artifact.neighbours.rows),
        (loaded.neighbours.weights, artifact.neighbours.weights),
        (loaded.neighbours.decay, artifact.neighbours.decay),
        (loaded.histories.readers.ids, artifact.histories.readers.ids),
        (loaded.histories.indptr, artifact.histories.indptr),
        (loaded.histories.rows, artifact.histories.rows),
        (loaded.histories.preferences, artifact.histories.preferences),
    ]
    for found, expected in pairs:
        assert expected.size
        np.testing.assert_array_equal(found, expected)
    assert loaded.histories.sequence == EVENTS[-1].sequence
    assert (loaded.popularity.half_life_days, loaded.popularity.reference) == (30.0, NOW.timestamp())


def test_the_prior_is_restored(published: Path) -> None:
    """With both its numbers."""
    prior = made().neighbours.prior
    assert prior.weight > 0
    assert load(published).neighbours.prior == prior
    rewrite_manifest(published, prior={"weight": 0.25, "growth": 0.5})
    assert load(published).neighbours.prior == Prior(0.25, 0.5)


def test_models_of_earlier_versions_are_served(published: Path) -> None:
    """Without a prior in its manifest, a model gives the lists of one in which popularity does not count."""
    written = json.loads((published / MANIFEST).read_text())
    del written["prior"]
    (published / MANIFEST).write_text(json.dumps(written))
    old = load(published)
    assert old.neighbours.prior == Prior(0.0, 0.0)
    books = [Book(id=id_, title="") for id_ in (5, 6, 7, 8)]
    model = ServedModel.of(old, books)
    model.observe([Event(99, 9, 6, InteractionKind.CLICK, 0.0)])
    request = RecommendRequest(reader_id=9, topic=None, limit=4)
    found = model.recommend(request).recommendations
    assert [(item.book.id, item.reason.kind) for item in found] == [
        (5, ReasonKind.BECAUSE_OF_BOOKS), (7, ReasonKind.POPULAR), (8, ReasonKind.NEW), (6, ReasonKind.POPULAR)
    ]  # fmt: skip
    assert found[0].score > 0
    assert [item.score for item in found[1:]] == [0, 0, 0]


def test_arrays_are_mapped_and_cannot_be_written(published: Path) -> None:
    """The arrays are views of a read-only mapping, so that processes share the pages."""
    weights = load(published).neighbours.weights
    assert isinstance(weights.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1.0


def test_an_empty_model_round_trips(tmp_path: Path) -> None:
    """A model of no books and no readers is a model."""
    artifact = trained([], [])
    publish(artifact, tmp_path)
    assert len(load(tmp_path / artifact.version).books) == 0


def damage(name: str) -> Callable[[Path], None]:
    """Flip one bit of an array."""

    def flip(folder: Path) -> None:
        path = folder / f"{name}.npy"
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)

    return flip


def truncate(folder: Path) -> None:
    """Truncate an array, with a matching checksum."""
    path = folder / "neighbour_weights.npy"
    path.write_bytes(path.read_bytes()[:-4])
    rewrite_manifest(folder)


def empty_file(folder: Path) -> None:
    """Empty an array's file, with a matching checksum."""
    (folder / "neighbour_weights.npy").write_bytes(b"")
    rewrite_manifest(folder)


def pickled(folder: Path) -> None:
    """Replace an array by a pickle, with a matching checksum."""
    (folder / "books.npy").write_bytes(pickle.dumps([5, 6, 7, 8]))
    rewrite_manifest(folder)


def array_of_objects(folder: Path) -> None:
    """Replace an array by one of pickled objects, with a matching checksum."""
    np.save(folder / "books.npy", np.array([5, "six"], dtype=object), allow_pickle=True)
    rewrite_manifest(folder)


def wider(folder: Path) -> None:
    """Store an array in another type, with a matching checksum."""
    np.save(folder / "books.npy", np.load(folder / "books.npy").astype(np.int64))
    rewrite_manifest(folder)


def absent(folder: Path) -> None:
    (folder / "history_rows.npy").unlink()


def no_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def other_books(folder: Path) -> None:
    """Use the books of another model, with a matching checksum."""
    np.save(folder / "books.npy", np.array([5, 6, 7, 9], dtype=np.int32))
    rewrite_manifest(folder)


def beyond(name: str, row: int) -> Callable[[Path], None]:
    """Use a row that is not a book's, with a matching checksum."""

    def spoil(folder: Path) -> None:
        rows = np.load(folder / f"{name}.npy")
        rows[-1] = row
        np.save(folder / f"{name}.npy", rows)
        rewrite_manifest(folder)

    return spoil


def elsewhere(folder: Path) -> None:
    """Name a file outside the folder, with a matching checksum."""
    (folder / "books.npy").rename(folder.parent / "books.npy")
    files = json.loads((folder / MANIFEST).read_text())["files"]
    rewrite_manifest(folder, files=files | {"books": "../books.npy"})


def manifest(text: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / MANIFEST).write_bytes(text)

    return write


@pytest.mark.parametrize(
    "spoil",
    [
        damage("neighbour_weights"),
        damage("books"),
        damage("history_preferences"),
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
        manifest(b'{"format": 3}'),
        manifest(b'{"format": 3, "files": {}, "checksums": null}'),
        manifest(b'{"format": 3, "files": [], "checksums": []}'),
        lambda folder: rewrite_manifest(folder, format=FORMAT - 1),
        lambda folder: rewrite_manifest(folder, format=str(FORMAT)),
        lambda folder: rewrite_manifest(folder, files=None),
        beyond("neighbour_rows", 4),
        beyond("neighbour_rows", -1),
        beyond("neighbour_indptr", 1),
        beyond("history_rows", 4),
        beyond("history_indptr", 10_000),
        elsewhere,
        lambda folder: rewrite_manifest(folder, sequence="many"),
        lambda folder: rewrite_manifest(folder, sequence=None),
        lambda folder: rewrite_manifest(folder, prior=None),
        lambda folder: rewrite_manifest(folder, prior={"weight": "much"}),
        lambda folder: rewrite_manifest(folder, prior={"wait": 1.0}),
        lambda folder: rewrite_manifest(folder, vocabulary_sha256="0"),
        lambda folder: rewrite_manifest(folder, version="another"),
        lambda folder: folder.rename(folder.with_name("renamed")),
    ],
)
def test_damaged_and_foreign_models_are_refused(published: Path, spoil: Callable[[Path], None]) -> None:
    """Each kind of damage raises ModelUnusable, whose message names the model."""
    spoil(published)
    with pytest.raises(ModelUnusable, match="|".join([published.name, "renamed"])):
        load(published if published.exists() else published.with_name("renamed"))


def test_a_rewritten_manifest_is_accepted(published: Path) -> None:
    """The test above fails because of the damage, not because of the rewritten manifest."""
    rewrite_manifest(published)
    assert load(published).version == published.name


def test_no_half_written_model_is_ever_seen(tmp_path: Path) -> None:
    """An interrupted publication leaves nothing that can be loaded."""

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


def test_loading_during_a_prune(published: Path) -> None:
    """If files are replaced after the manifest was read, the model is read again."""

    class Exchanging(type(published)):  # type: ignore[misc]  # the class of this machine's paths
        """Prunes a reader when a history is about to be read for the first time."""

        forgotten = False

        def open(self, *arguments: Any, **named: Any) -> Any:
            if "history" in self.name and not Exchanging.forgotten:
                Exchanging.forgotten = True
                prune(published, {1})
            return super().open(*arguments, **named)

    loaded = load(Exchanging(published))
    assert Exchanging.forgotten
    assert loaded.histories.readers.ids.tolist() == [2, 3]


def test_a_disk_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """An error while writing is raised, and the files are removed."""
    artifact = made("20260101T000000Z-aaaaaa")
    unwritable = replace(artifact, manifest={"version": artifact.version + "/deeper"})
    with pytest.raises(OSError, match="deeper"):
        publish(unwritable, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_versions_sort_by_time_and_never_repeat() -> None:
    """A later model has a greater version in any time zone, and versions of the same second differ."""
    east = timezone(timedelta(hours=5))
    assert new_version(NOW) < new_version((NOW + timedelta(seconds=1)).astimezone(east))
    assert len({new_version(NOW) for _ in range(20)}) == 20
