"""The published models on disk: opening them, deleting readers from them, and removing old ones."""

import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import structlog

from recommendations.domain.books import Book
from recommendations.domain.errors import ForgettingUnfinished, ModelUnusable
from recommendations.model import disk
from recommendations.model.artifact import STAGED, load
from recommendations.model.pruning import prune
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.diversity import DEFAULT_DIVERSITY
from recommendations.model.ranking.served_model import ServedModel

STALE_SECONDS = 3600
"""A staged or unrecorded model older than this was left behind by an interrupted training."""

_DROPPED = ".dropped"

_log = structlog.get_logger()


class PublishedModels:
    """Opens the published models, all with the same catalogue, and deletes readers from them.

    Only one thread at a time may call `update_catalogue`.
    """

    def __init__(self, folder: Path, *, diversity: float = DEFAULT_DIVERSITY) -> None:
        self._folder = folder
        self._diversity = diversity
        self._catalogue = Catalogue.empty()

    def update_catalogue(self, books: Sequence[Book]) -> None:
        """Add, replace or remove books of the catalogue."""
        self._catalogue = self._catalogue.updated(books)

    def open(self, version: str) -> ServedModel:
        """Open a published model with the current catalogue. Raises ModelUnusable."""
        return ServedModel(load(self._folder / version), lambda: self._catalogue, diversity=self._diversity)

    def forget(self, reader_ids: Sequence[int]) -> None:
        """Delete these readers from the files of every model. Raises ForgettingUnfinished.

        A model that is damaged or of another format cannot be rewritten or served, so the whole model is removed.
        """
        try:
            remove_leftovers(self._folder)
            for model in _models(self._folder):
                try:
                    prune(model, reader_ids)
                except FileNotFoundError:
                    continue  # a training removed it meanwhile
                except ModelUnusable as error:
                    _log.error("model_removed", version=model.name, reason=str(error))
                    _drop(model)
        except OSError as error:
            raise ForgettingUnfinished from error


def remove_leftovers(folder: Path) -> None:
    """Remove what interrupted trainings and removals left in the folder. Raises OSError."""
    if not folder.exists():
        return
    with disk.locked(folder):
        for leftover in folder.glob(f".*{_DROPPED}"):
            shutil.rmtree(leftover)
        for leftover in folder.glob(f".*{STAGED}"):
            # A recent one may belong to a training that is still running.
            if _age(leftover) > STALE_SECONDS:
                shutil.rmtree(leftover)


def remove_unused(folder: Path, *, kept: Collection[str], recorded: Collection[str]) -> None:
    """Remove all recorded models but those to keep, and what interrupted trainings left. Raises OSError."""
    remove_leftovers(folder)
    for model in _models(folder):
        if model.name not in kept and (model.name in recorded or _age(model / disk.MANIFEST) > STALE_SECONDS):
            _drop(model)


def _models(folder: Path) -> Iterator[Path]:
    if folder.exists():
        yield from sorted(path.parent for path in folder.glob(f"[!.]*/{disk.MANIFEST}"))


def _drop(model: Path) -> None:
    with disk.locked(model.parent):
        if model.exists():
            # Renamed first, so that a crash never leaves a half-deleted model under its version.
            dropped = model.with_name(f".{model.name}{_DROPPED}")
            model.rename(dropped)
            shutil.rmtree(dropped)


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
