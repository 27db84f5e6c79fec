"""A model's files: arrays, and the manifest that names each one's file and checksum. It alone says what counts."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import BaseFileLock, FileLock

from recommendations.domain.errors import ModelUnusable

FORMAT = 3
MANIFEST = "manifest.json"
LOCK_SECONDS = 60.0
"""How long to wait for another process that rewrites or removes models."""

_LOCK = ".lock"
_COMING_MANIFEST = f"{MANIFEST}.new"

Manifest = dict[str, Any]


def locked(models: Path) -> BaseFileLock:
    """Held by whoever rewrites or removes models in the folder; the system frees it when its holder dies.

    Waiting longer than LOCK_SECONDS raises filelock.Timeout, an OSError.
    """
    return FileLock(models / _LOCK, timeout=LOCK_SECONDS)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the model in `folder`. Raises OSError, and ModelUnusable where it is of another format."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnusable(f"{folder}: {MANIFEST} is damaged: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelUnusable(f"{folder}: not a model of format {FORMAT}")
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Put a manifest in the place of the one that is there, if one is: whole or not at all."""
    coming = folder / _COMING_MANIFEST
    with coming.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    coming.replace(folder / MANIFEST)
    to_disk(folder)


def write_array(path: Path, array: npt.NDArray[Any]) -> str:
    """Write an array; returns the checksum of its file."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _checksum(path)


def read_array(
    folder: Path, manifest: Manifest, name: str, dtype: type[np.generic], *, mapped: bool
) -> npt.NDArray[Any]:
    """The array that the manifest calls `name`, in memory or as a read-only view of its file.

    Raises ModelUnusable where it is absent or not what the manifest says; a malformed manifest or file also
    raises KeyError, TypeError, ValueError or EOFError.
    """
    path = folder / str(manifest["files"][name])
    if path.parent != folder:
        raise ModelUnusable(f"{folder}: the file of {name} is elsewhere")
    try:
        if _checksum(path) != manifest["checksums"][name]:
            raise ModelUnusable(f"{path}: damaged: its checksum is not the manifest's")
        # Windows removes no file that is mapped, and models must be removable while they are served.
        array: npt.NDArray[Any] = np.load(
            path, mmap_mode="r" if mapped and os.name != "nt" else None, allow_pickle=False
        )
    except FileNotFoundError:
        raise ModelUnusable(f"{path}: absent") from None
    if array.dtype != dtype:
        raise ModelUnusable(f"{path}: {array.dtype} where {np.dtype(dtype)} is expected")
    return np.asarray(array)  # a plain view of the mapping: np.memmap's own methods are slow


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what a rewriting left of the model's files: those that its manifest does not name. Needs the lock."""
    named = set(manifest["files"].values())
    left = [path for path in folder.glob("*.npy") if path.name not in named]
    left += folder.glob(_COMING_MANIFEST)
    for path in left:
        path.unlink()
    if left:
        to_disk(folder)


def to_disk(folder: Path) -> None:
    """Make sure that the names in a folder are on disk."""
    # Windows cannot open a folder, and keeps a rename without being asked.
    if os.name == "nt":
        return
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
