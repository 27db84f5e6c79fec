"""A trained model on disk: plain arrays to be memory-mapped and a manifest that says what they are."""

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommendations.domain import ModelUnusable
from recommendations.model.neighbours import Neighbours
from recommendations.model.standings import Histories
from recommendations.model.vocabulary import Vocabulary

FORMAT = 1
MANIFEST = "manifest.json"
KEPT = 3
"""How many models stay on disk: the newest, and some to go back to."""
STALE_SECONDS = 3600
"""After this a half-written model is what a training left that did not end."""

_DTYPES: dict[str, type[np.generic]] = {
    "books": np.int32,
    "readers_of_book": np.int32,
    "neighbour_indptr": np.int64,
    "neighbour_rows": np.int32,
    "neighbour_weights": np.float32,
    "history_readers": np.int32,
    "history_indptr": np.int64,
    "history_rows": np.int32,
    "history_standings": np.uint8,
}


@dataclass(frozen=True)
class Artifact:
    """A trained model.

    `readers_of_book` counts for each row the readers who like it. The manifest has the version, the parameters,
    the vocabulary's hash, the sequence number that the histories reach and a checksum for each array.
    """

    books: Vocabulary
    readers_of_book: npt.NDArray[np.int32]
    neighbours: Neighbours
    histories: Histories
    manifest: dict[str, Any]

    @property
    def version(self) -> str:
        """The model's name, which sorts by the time it was made."""
        return str(self.manifest["version"])


def new_version(now: datetime) -> str:
    """A version's name for a model made now."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def publish(artifact: Artifact, folder: Path) -> None:
    """Write the model to its own folder inside `folder`, whole or not at all, and drop the oldest ones.

    Nobody sees it half-written: it gets its name by a rename, after everything is on disk. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*.partial"):
        # A young one may belong to another training that is under way.
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left)
    partial = folder / f".{artifact.version}.partial"
    try:
        _write(artifact, partial)
        partial.rename(folder / artifact.version)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    with _directory(folder) as descriptor:
        _to_disk(descriptor)
    # Never this one, even where the clock was set back and its name sorts first.
    models = (path for path in folder.iterdir() if (path / MANIFEST).is_file())
    others = sorted(path for path in models if path.name != artifact.version)
    for old in others[: -(KEPT - 1)]:
        shutil.rmtree(old)


def load(folder: Path) -> Artifact:
    """Map the model in `folder` into memory.

    Raises ModelUnusable where it is absent, of another format, damaged or not what its manifest says.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise ModelUnusable(f"{folder}: not a model of format {FORMAT}")
        arrays = {name: _mapped(folder / f"{name}.npy", manifest["checksums"][name]) for name in _DTYPES}
        artifact = Artifact(
            books=Vocabulary(arrays["books"]),
            readers_of_book=arrays["readers_of_book"],
            neighbours=Neighbours(arrays["neighbour_indptr"], arrays["neighbour_rows"], arrays["neighbour_weights"]),
            histories=Histories(
                readers=Vocabulary(arrays["history_readers"]),
                indptr=arrays["history_indptr"],
                rows=arrays["history_rows"],
                standings=arrays["history_standings"],
                sequence=int(manifest["sequence"]),
            ),
            manifest=manifest,
        )
        if artifact.books.digest() != manifest["vocabulary_sha256"] or artifact.version != folder.name:
            raise ModelUnusable(f"{folder}: the arrays are of another model than the manifest")
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ModelUnusable(f"{folder}: {type(error).__name__}: {error}") from error
    return artifact


def _write(artifact: Artifact, folder: Path) -> None:
    folder.mkdir()
    arrays = _arrays(artifact)
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, array.astype(_DTYPES[name], copy=False), allow_pickle=False)
            _to_disk(file.fileno())
    checksums = {name: _checksum(folder / f"{name}.npy") for name in arrays}
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(artifact.manifest | {"checksums": checksums}, file, indent=2)
        file.flush()
        _to_disk(file.fileno())


def _arrays(artifact: Artifact) -> dict[str, npt.NDArray[Any]]:
    return {
        "books": artifact.books.ids,
        "readers_of_book": artifact.readers_of_book,
        "neighbour_indptr": artifact.neighbours.indptr,
        "neighbour_rows": artifact.neighbours.rows,
        "neighbour_weights": artifact.neighbours.weights,
        "history_readers": artifact.histories.readers.ids,
        "history_indptr": artifact.histories.indptr,
        "history_rows": artifact.histories.rows,
        "history_standings": artifact.histories.standings,
    }


def _mapped(path: Path, checksum: str) -> npt.NDArray[Any]:
    if _checksum(path) != checksum:
        raise ModelUnusable(f"{path}: damaged: its checksum is not the manifest's")
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.dtype != _DTYPES[path.stem]:
        raise ModelUnusable(f"{path}: {array.dtype} where {np.dtype(_DTYPES[path.stem])} is expected")
    return np.asarray(array)  # a plain view of the mapping: np.memmap's own methods are slow


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(descriptor: int | None) -> None:
    if descriptor is not None:
        os.fsync(descriptor)


@contextlib.contextmanager
def _directory(folder: Path) -> Iterator[int | None]:
    # Windows cannot open a folder, and keeps a rename without being asked.
    if os.name == "nt":
        yield None
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
