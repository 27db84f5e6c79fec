"""A model's files: arrays, and the manifest that names the file and checksum of each array.

Files that the manifest does not name are not part of the model.
"""

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
_NEW_MANIFEST = f"{MANIFEST}.new"

Manifest = dict[str, Any]


def locked(models: Path) -> BaseFileLock:
    """The lock for rewriting or removing models in the folder; the system releases it when its holder dies.

    Waiting longer than LOCK_SECONDS raises filelock.Timeout, an OSError.
    """
    return FileLock(models / _LOCK, timeout=LOCK_SECONDS)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the model in `folder`. Raises OSError, and ModelUnusable if it is of another format."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnusable(f"{folder}: {MANIFEST} is damaged: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelUnusable(f"{folder}: not a model of format {FORMAT}")
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write or replace the manifest, whole or not at all."""
    new = folder / _NEW_MANIFEST
    with new.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / MANIFEST)
    sync_folder(folder)


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

    Raises ModelUnusable if it is absent or not what the manifest says; a malformed manifest or file also
    raises KeyError, TypeError, ValueError or EOFError.
    """
    path = folder / str(manifest["files"][name])
    if path.parent != folder:
        raise ModelUnusable(f"{folder}: the file of {name} is in another folder")
    try:
        if _checksum(path) != manifest["checksums"][name]:
            raise ModelUnusable(f"{path}: damaged: its checksum differs from the manifest's")
        # Windows does not remove mapped files, and models must be removable while they are served.
        array: npt.NDArray[Any] = np.load(
            path, mmap_mode="r" if mapped and os.name != "nt" else None, allow_pickle=False
        )
    except FileNotFoundError:
        raise ModelUnusable(f"{path}: absent") from None
    if array.dtype != dtype:
        raise ModelUnusable(f"{path}: {array.dtype} where {np.dtype(dtype)} is expected")
    return np.asarray(array)  # a plain view: methods of np.memmap are slow


def remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Remove the files that the manifest does not name, left by an interrupted rewrite. The caller holds the lock."""
    named = set(manifest["files"].values())
    left = [path for path in folder.glob("*.npy") if path.name not in named]
    left += folder.glob(_NEW_MANIFEST)
    for path in left:
        path.unlink()
    if left:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Flush the directory entries of a folder to disk."""
    # Windows cannot open a folder, and does not need this.
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
