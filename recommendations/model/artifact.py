"""A trained model on disk: plain arrays, to be memory-mapped, and a manifest that describes them."""

import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommendations.domain.errors import ModelUnusable
from recommendations.model import disk
from recommendations.model.disk import Manifest
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import Popularity, Prior
from recommendations.model.preferences import Histories
from recommendations.model.vocabulary import Vocabulary
from servicekit.files import sync_folder

STAGED = ".partial"
"""The suffix of folders that are still being written."""

DTYPES: dict[str, type[np.generic]] = {
    "books": np.int32,
    "readers_of_book": np.int32,
    "popularity": np.float64,
    "neighbour_indptr": np.int64,
    "neighbour_rows": np.int32,
    "neighbour_weights": np.float32,
    "neighbour_decay": np.float32,
    "history_readers": np.int32,
    "history_indptr": np.int64,
    "history_rows": np.int32,
    "history_preferences": np.uint8,
}
"""The arrays and their types; `history_rows` and `history_preferences` have an entry for each book of each reader."""

MALFORMED = (EOFError, ValueError, KeyError, TypeError, AttributeError)
"""Exceptions besides ModelUnusable that reading a damaged model may raise."""


@dataclass(frozen=True)
class Artifact:
    """A trained model.

    `readers_of_book` counts for each row the readers who like the book; `popularity` gives recent likes more weight,
    see `popularity.py`. The manifest holds the version, the parameters, the vocabulary's hash, the sequence number of
    the last event in the histories, and the file and checksum of each array.
    """

    books: Vocabulary
    readers_of_book: npt.NDArray[np.int32]
    popularity: Popularity
    neighbours: Neighbours
    histories: Histories
    manifest: Manifest

    @property
    def version(self) -> str:
        """The name of the model. Names sort by creation time."""
        return str(self.manifest["version"])


def new_version(now: datetime) -> str:
    """A new, unique name for a model made at this time."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def publish(artifact: Artifact, models: Path) -> None:
    """Write the model to a folder of its own in `models`, atomically. Raises OSError."""
    reveal(stage(artifact, models))


def stage(artifact: Artifact, models: Path) -> Path:
    """Write the model to a hidden folder in `models`, to be made visible by `reveal`; returns the folder.

    Nothing is left behind if writing fails. Raises OSError.
    """
    models.mkdir(parents=True, exist_ok=True)
    staged = models / f".{artifact.version}{STAGED}"
    try:
        staged.mkdir()
        arrays = _arrays(artifact)
        files = {name: f"{name}.npy" for name in arrays}
        checksums = {
            name: disk.write_array(staged / files[name], array.astype(DTYPES[name], copy=False))
            for name, array in arrays.items()
        }
        disk.write_manifest(staged, artifact.manifest | {"files": files, "checksums": checksums})
    except OSError:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return staged


def reveal(staged: Path) -> None:
    """Rename a staged folder to the model's version, so that the model can be served. Raises OSError."""
    staged.rename(staged.with_name(staged.name.removeprefix(".").removesuffix(STAGED)))
    sync_folder(staged.parent)


def load(folder: Path) -> Artifact:
    """Map the model in `folder` into memory.

    Raises ModelUnusable if it is absent, of another format, damaged, or inconsistent with its manifest.
    """
    while True:
        try:
            manifest = disk.read_manifest(folder)
            try:
                return _load_arrays(folder, manifest)
            except (ModelUnusable, *MALFORMED):
                # Pruning a deleted reader may have replaced the files after the manifest was read.
                if disk.read_manifest(folder) == manifest:
                    raise
        except (OSError, *MALFORMED) as error:
            raise ModelUnusable(f"{folder}: {type(error).__name__}: {error}") from error


def _load_arrays(folder: Path, manifest: Manifest) -> Artifact:
    arrays = {name: disk.read_array(folder, manifest, name, dtype, mapped=True) for name, dtype in DTYPES.items()}
    artifact = Artifact(
        books=Vocabulary(arrays["books"]),
        readers_of_book=arrays["readers_of_book"],
        popularity=Popularity(
            arrays["popularity"],
            half_life_days=float(manifest["half_life_days"]),
            reference=float(manifest["reference_time"]),
        ),
        neighbours=Neighbours(
            arrays["neighbour_indptr"],
            arrays["neighbour_rows"],
            arrays["neighbour_weights"],
            arrays["neighbour_decay"],
            # Models of earlier versions have none.
            Prior(**{name: float(value) for name, value in manifest.get("prior", {}).items()}),
        ),
        histories=Histories(
            readers=Vocabulary(arrays["history_readers"]),
            indptr=arrays["history_indptr"],
            rows=arrays["history_rows"],
            preferences=arrays["history_preferences"],
            sequence=int(manifest["sequence"]),
        ),
        manifest=manifest,
    )
    if artifact.books.digest() != manifest["vocabulary_sha256"] or artifact.version != folder.name:
        raise ModelUnusable(f"{folder}: the arrays and the manifest belong to different models")
    if not _is_consistent(artifact):
        raise ModelUnusable(f"{folder}: the arrays are inconsistent")
    return artifact


def _is_consistent(artifact: Artifact) -> bool:
    """Whether all offsets and row numbers are within bounds, which compiled code does not check."""
    books, neighbours, histories = len(artifact.books), artifact.neighbours, artifact.histories
    return all(
        len(indptr) == owners + 1
        and indptr[0] == 0
        and indptr[-1] == len(rows) == len(values)
        and bool((np.diff(indptr) >= 0).all())
        and (not len(rows) or (rows.min() >= 0 and rows.max() < books))
        for indptr, rows, values, owners in (
            (neighbours.indptr, neighbours.rows, neighbours.weights, books),
            (histories.indptr, histories.rows, histories.preferences, len(histories.readers)),
        )
    ) and bool(len(neighbours.decay))


def _arrays(artifact: Artifact) -> dict[str, npt.NDArray[Any]]:
    return {
        "books": artifact.books.ids,
        "readers_of_book": artifact.readers_of_book,
        "popularity": artifact.popularity.weights,
        "neighbour_indptr": artifact.neighbours.indptr,
        "neighbour_rows": artifact.neighbours.rows,
        "neighbour_weights": artifact.neighbours.weights,
        "neighbour_decay": artifact.neighbours.decay,
        "history_readers": artifact.histories.readers.ids,
        "history_indptr": artifact.histories.indptr,
        "history_rows": artifact.histories.rows,
        "history_preferences": artifact.histories.preferences,
    }
