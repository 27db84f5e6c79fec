"""A model's files: arrays, and a manifest with the file and checksum of each array.

Files that the manifest does not list are not part of the model.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import BaseFileLock, FileLock

from recommendations.domain.errors import ModelUnusable
from servicekit.files import sync_folder

FORMAT = 3
MANIFEST = "manifest.json"
LOCK_SECONDS = 60.0
"""How long to wait for another process that is rewriting or removing models."""

_LOCK = ".lock"
_NEW_MANIFEST = f"{MANIFEST}.new"

Manifest = dict[str, Any]


def locked(models: Path) -> BaseFileLock:
    """A lock between processes for rewriting or removing models; the system releases it if its holder dies.

    Acquiring it raises filelock.Timeout, an OSError, after LOCK_SECONDS.
    """
    return FileLock(models / _LOCK, timeout=LOCK_SECONDS)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the model in `folder`. Raises OSError, and ModelUnusable if it is of another format."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnusable(f"{folder}: {MANIFEST} is damaged: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelUnusable(f"{folder}: not a model of format {FORMAT}")
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write or replace the manifest atomically."""
    new = folder / _NEW_MANIFEST
    with new.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / MANIFEST)
    sync_folder(folder)


def write_array(path: Path, array: npt.NDArray[Any]) -> str:
    """Write an array and return the checksum of its file."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _checksum(path)


def read_array(
    folder: Path, manifest: Manifest, name: str, dtype: type[np.generic], *, mapped: bool
) -> npt.NDArray[Any]:
    """Read the array `name` of the manifest into memory, or map its file read-only.

    Raises ModelUnusable if it is absent or its checksum or type is wrong. A malformed manifest or file may also raise
    KeyError, TypeError, ValueError or EOFError.
    """
    path = folder / str(manifest["files"][name])
    if path.parent != folder:
        raise ModelUnusable(f"{folder}: the file of {name} is in another folder")
    try:
        if _checksum(path) != manifest["checksums"][name]:
            raise ModelUnusable(f"{path}: damaged: its checksum differs from the manifest's")
        # Windows cannot remove mapped files, and models must be removable while they are served.
        array: npt.NDArray[Any] = np.load(
            path, mmap_mode="r" if mapped and os.name != "nt" else None, allow_pickle=False
        )
    except FileNotFoundError:
        raise ModelUnusable(f"{path}: absent") from None
    if array.dtype != dtype:
        raise ModelUnusable(f"{path}: the type is {array.dtype} instead of {np.dtype(dtype)}")
    return np.asarray(array)  # a plain view, because methods of np.memmap are slow


def remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Remove files of interrupted rewrites, which the manifest does not list. The caller holds the lock."""
    listed = set(manifest["files"].values())
    leftovers = [path for path in folder.glob("*.npy") if path.name not in listed]
    leftovers += folder.glob(_NEW_MANIFEST)
    for path in leftovers:
        path.unlink()
    if leftovers:
        sync_folder(folder)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
