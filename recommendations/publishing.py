"""Trains and publishes models, and decides which one is served."""

import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import click

from recommendations.domain.books import Book
from recommendations.domain.errors import ModelUnusable, NoSuchModel, NothingToTrainOn
from recommendations.domain.interactions import Event, RetiredReader
from recommendations.model import artifact, published_models
from recommendations.model.artifact import Artifact
from recommendations.model.pruning import prune
from recommendations.store import Store, UnitOfWork

KEPT = 3
"""How many models stay on disk: the served one, and some to roll back to."""


class Learn(Protocol):
    """Learns a model from books and events, as `training.train` does."""

    def __call__(
        self,
        books: Sequence[Book],
        chunks: Iterable[list[Event]],
        *,
        now: datetime,
        readers_revision: int,
        half_life_days: float | None,
        budget: float,
        started: float,
        advance: Callable[[float], None],
    ) -> Artifact: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published model; `unusable` says what is wrong with its files, and is empty if nothing is."""

    version: str
    manifest: Mapping[str, Any]
    withdrawn: bool
    unusable: str
    served: bool


class Publisher:
    """Publishes models of one store in one folder. Its methods raise StoreUnavailable.

    Models are read and checked outside of write transactions: that takes seconds, for which recording would wait.
    """

    def __init__(
        self, store: Store, models: Path, *, half_life_days: float | None, learn: Learn | None = None
    ) -> None:
        self._store = store
        self._models = models
        self._half_life_days = half_life_days
        self._learn = learn or _learn

    def train(self, budget: float) -> Artifact:
        """Learn a model from the whole history, in about `budget` seconds, and publish it.

        Forgetting and recording a model are serialised: the model contains no reader forgotten before it is recorded,
        and readers forgotten later are pruned from it. Raises NothingToTrainOn, and OSError if it cannot be written.
        """
        model = self._train(budget)
        staged = artifact.stage(model, self._models)
        try:
            with self._store.read() as work:
                retired, revision = work.readers.retired_since(int(model.manifest["readers_revision"]))
            _prune(staged, retired)
            with self._store.write() as work:
                # Hardly anybody, in the moment between the two transactions.
                retired, _ = work.readers.retired_since(revision)
                _prune(staged, retired)
                artifact.reveal(staged)
                work.models.add(model.version, model.manifest)
                work.commit()
        finally:
            # Unless something failed, the folder was renamed.
            shutil.rmtree(staged, ignore_errors=True)
        self._tidy()
        return model

    def models(self) -> list[Published]:
        """Every published model, the one recorded last first."""
        with self._store.read() as work:
            records, to_serve = work.models.all(), work.models.latest()
        faults = {record.version: self._fault(record.version) for record in records}
        served = next((version for version in to_serve if not faults[version]), None)
        return [
            Published(
                version=record.version,
                manifest=record.manifest,
                withdrawn=record.withdrawn,
                unusable=faults[record.version],
                served=record.version == served,
            )
            for record in records
        ]

    def is_served(self) -> bool:
        """Whether there is a model that can be served."""
        with self._store.read() as work:
            return any(not self._fault(version) for version in work.models.latest())

    def promote(self, version: str) -> None:
        """Serve a model from now on, even one that was withdrawn. Raises NoSuchModel and ModelUnusable."""
        with self._store.read() as work:
            if version not in {record.version for record in work.models.all()}:
                raise NoSuchModel(f"there is no model {version}: `python -m recommendations models` lists them")
        artifact.load(self._models / version)
        with self._store.write() as work:
            # A training may have removed it meanwhile.
            if not self._is_on_disk(version):
                raise ModelUnusable(f"{self._models / version} is no longer there")
            work.models.promote(version)
            work.commit()

    def rollback(self) -> tuple[str, str]:
        """Withdraw the served model; returns its version, and that of the model served instead.

        Raises NoSuchModel if no other model is usable.
        """
        while True:
            with self._store.read() as work:
                to_serve = work.models.latest()
            usable = (version for version in to_serve if not self._fault(version))
            withdrawn, instead = next(usable, None), next(usable, None)
            if withdrawn is None or instead is None:
                raise NoSuchModel("there is no other usable model to go back to: nothing changed")
            with self._store.write() as work:
                if work.models.latest() != to_serve or not self._is_on_disk(instead):
                    continue  # another command changed the models meanwhile
                # Unusable ones between the two are withdrawn too: servers try only a few models.
                for version in to_serve[: to_serve.index(instead)]:
                    work.models.withdraw(version)
                work.commit()
            return withdrawn, instead

    def _train(self, budget: float) -> Artifact:
        started = time.monotonic()
        with self._store.read() as work:
            # Read before the events, so that a reader merged or forgotten in between is not missed.
            readers_revision = work.readers.revision()
            # Removed books too: they still say what their readers like.
            books, _ = work.books.changed_since(0)
            if not books:
                raise NothingToTrainOn("there are no books: run `python -m recommendations import` first")
            with (
                click.progressbar(
                    length=work.interactions.last_sequence(), label="reading the history", update_min_steps=10_000
                ) as reading,
                click.progressbar(length=1000, label="training") as bar,
            ):
                return self._learn(
                    books,
                    _read(work, reading.update),
                    now=datetime.now(UTC),
                    readers_revision=readers_revision,
                    half_life_days=self._half_life_days,
                    budget=budget,
                    started=started,
                    advance=lambda done: bar.update(round(done * 1000) - bar.pos),
                )

    def _tidy(self) -> None:
        # In a write transaction, so that no model is promoted meanwhile.
        with self._store.write() as work:
            on_disk = filter(self._is_on_disk, work.models.latest())
            published_models.remove_unused(
                self._models,
                kept=list(islice(on_disk, KEPT)),
                recorded={record.version for record in work.models.all()},
            )

    def _fault(self, version: str) -> str:
        try:
            artifact.load(self._models / version)
        except ModelUnusable as error:
            return str(error) if self._is_on_disk(version) else "absent"
        return ""

    def _is_on_disk(self, version: str) -> bool:
        return (self._models / version).exists()


def _prune(staged: Path, retired: Collection[RetiredReader]) -> None:
    # Merged ones too: a server reads their history again when it loads the model.
    if retired:
        prune(staged, {reader.reader_id for reader in retired})


def _read(work: UnitOfWork, advance: Callable[[int], None]) -> Iterator[list[Event]]:
    position = 0
    for events in work.interactions.events_after(0):
        advance(events[-1].sequence - position)
        position = events[-1].sequence
        yield events


def _learn(books: Sequence[Book], chunks: Iterable[list[Event]], **settings: Any) -> Artifact:
    # SciPy takes a while to load and only training needs it.
    from recommendations.model.learning import training  # noqa: PLC0415
    from recommendations.model.ranking import ranker  # noqa: PLC0415

    # So that the first server to start need not compile.
    ranker.compile_ahead()
    return training.train(books, chunks, **settings).artifact
