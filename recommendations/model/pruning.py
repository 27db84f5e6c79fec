"""Deleting readers from a model on disk."""

import uuid
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommendations.domain.errors import ModelUnusable
from recommendations.model import disk
from recommendations.model.artifact import DTYPES, MALFORMED
from recommendations.model.disk import Manifest
from servicekit.files import sync_folder

_READERS, _INDPTR = "history_readers", "history_indptr"


def prune(folder: Path, reader_ids: Collection[int], *, reached: Callable[[str], None] = lambda _step: None) -> bool:
    """Rewrite the histories of the model in `folder` without these readers; returns whether it had any of them.

    New histories are written to new files, then a new manifest replaces the old one atomically, then the old files
    are removed. A crash leaves either the old model or the new one, and perhaps files that the next prune removes. A
    lock serializes processes. The version, the neighbours and the popularity stay the same. `reached` is called after
    each step. Raises OSError and ModelUnusable.
    """
    with disk.locked(folder.parent):
        manifest = disk.read_manifest(folder)
        try:
            disk.remove_leftovers(folder, manifest)
            reached("leftovers removed")
            kept = ~np.isin(_history(folder, manifest, _READERS), list(reader_ids))
            if kept.all():
                return False
            arrays = _without(folder, manifest, kept)
            changed = _write(folder, manifest, arrays, reached)
        except MALFORMED as error:
            raise ModelUnusable(f"{folder}: {type(error).__name__}: {error}") from error
        sync_folder(folder)
        reached("arrays on disk")
        disk.write_manifest(folder, changed)
        reached("manifest replaced")
        disk.remove_leftovers(folder, changed)
        reached("old arrays removed")
        return True


def _without(folder: Path, manifest: Manifest, kept: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    lengths = np.diff(_history(folder, manifest, _INDPTR))
    of_kept = np.repeat(kept, lengths)
    entries = [name for name in DTYPES if name.startswith("history_") and name not in {_READERS, _INDPTR}]
    return {
        _READERS: _history(folder, manifest, _READERS)[kept],
        _INDPTR: np.concatenate([[0], np.cumsum(lengths[kept])]),
    } | {name: _history(folder, manifest, name)[of_kept] for name in entries}


def _write(
    folder: Path, manifest: Manifest, arrays: dict[str, npt.NDArray[Any]], reached: Callable[[str], None]
) -> Manifest:
    """Write the arrays to new files and return the manifest that lists them."""
    suffix = uuid.uuid4().hex[:8]
    files, checksums = dict(manifest["files"]), dict(manifest["checksums"])
    for name, array in arrays.items():
        files[name] = f"{name}.{suffix}.npy"
        checksums[name] = disk.write_array(folder / files[name], array.astype(DTYPES[name], copy=False))
        reached(f"{name} written")
    return manifest | {"readers": len(arrays[_READERS]), "files": files, "checksums": checksums}


def _history(folder: Path, manifest: Manifest, name: str) -> npt.NDArray[Any]:
    # In memory, because its file is about to be removed.
    return disk.read_array(folder, manifest, name, DTYPES[name], mapped=False)
