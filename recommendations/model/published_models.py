"""The folder of the published models."""

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
"""After this a staged or unrecorded model is what an interrupted training left behind."""

_DROPPED = ".dropped"

_log = structlog.get_logger()


class PublishedModels:
    """Opens the published models, over one catalogue, and forgets readers in all of them.

    `stock` is called by one thread at a time.
    """

    def __init__(self, folder: Path, *, diversity: float = DEFAULT_DIVERSITY) -> None:
        self._folder = folder
        self._diversity = diversity
        self._catalogue = Catalogue.empty()

    def update_catalogue(self, books: Sequence[Book]) -> None:
        """Add, replace or remove books of the catalogue."""
        self._catalogue = self._catalogue.changed(books)

    def open(self, version: str) -> ServedModel:
        """Open a published model with the catalogue as it is by now. Raises ModelUnusable."""
        return ServedModel(load(self._folder / version), lambda: self._catalogue, diversity=self._diversity)

    def forget(self, reader_ids: Sequence[int]) -> None:
        """Rewrite the files of every model that has these readers without them. Raises ForgettingUnfinished.

        A model that is damaged or of another format is removed: the readers cannot be taken out of it, and it cannot
        be served.
        """
        try:
            remove_leftovers(self._folder)
            for model in _models(self._folder):
                try:
                    prune(model, reader_ids)
                except FileNotFoundError:
                    continue  # removed by a training meanwhile
                except ModelUnusable as error:
                    _log.error("model_removed", version=model.name, reason=str(error))
                    _drop(model)
        except OSError as error:
            raise ForgettingUnfinished from error


def remove_leftovers(folder: Path) -> None:
    """Remove what interrupted trainings and removals left behind. Raises OSError."""
    if not folder.exists():
        return
    with disk.locked(folder):
        for left in folder.glob(f".*{_DROPPED}"):
            shutil.rmtree(left)
        for left in folder.glob(f".*{STAGED}"):
            # A recent one may belong to a training that is running.
            if _age(left) > STALE_SECONDS:
                shutil.rmtree(left)


def remove_unused(folder: Path, *, kept: Collection[str], recorded: Collection[str]) -> None:
    """Remove every recorded model that is not to be kept, and what interrupted trainings left behind.

    Raises OSError.
    """
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
            # It is renamed first: no half-deleted model may be left under its name.
            dropped = model.with_name(f".{model.name}{_DROPPED}")
            model.rename(dropped)
            shutil.rmtree(dropped)


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
