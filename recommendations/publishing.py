"""Trains and publishes models, and decides which one is served."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import click

from recommendations.domain.books import Book
from recommendations.domain.errors import ModelUnusable, NoSuchModel, NothingToTrainOn
from recommendations.domain.interactions import Event
from recommendations.model import artifact, published_models
from recommendations.model.artifact import Artifact
from recommendations.model.pruning import prune
from recommendations.store import Store, UnitOfWork

KEPT = 3
"""How many models stay on disk: the one that is served, and some to roll back to."""

EVERY = 1_000_000
"""More models than there are."""


class Learn(Protocol):
    """Learns a model of the books and the events, as `training.train` does."""

    def __call__(
        self,
        books: Sequence[Book],
        chunks: Iterable[list[Event]],
        *,
        now: datetime,
        readers_revision: int,
        half_life_days: float,
        budget: float,
        started: float,
        advance: Callable[[float], None],
    ) -> Artifact:
        """Learn it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published model: `unusable` says what is wrong with its files, empty where nothing is."""

    version: str
    manifest: Mapping[str, Any]
    withdrawn: bool
    unusable: str
    served: bool


class Publisher:
    """Publishes models of one store in one folder. Its methods raise StoreUnavailable."""

    def __init__(self, store: Store, models: Path, *, half_life_days: float, learn: Learn | None = None) -> None:
        self._store = store
        self._models = models
        self._half_life_days = half_life_days
        self._learn = learn or _learn

    def train(self, budget: float) -> Artifact:
        """Learn a model from the whole history, in about `budget` seconds, and publish it; returns it.

        It has no reader who was forgotten before it is recorded: forgetting and recording are serialised. Readers who
        are forgotten later are pruned from it as from older models.
        Raises NothingToTrainOn, and OSError if it cannot be written.
        """
        model = self._learned(budget)
        staged = artifact.stage(model, self._models)
        try:
            with self._store.write() as work:
                retired, _ = work.readers.retired_since(int(model.manifest["readers_revision"]))
                # Merged ones too: a server reads anew what became of their history.
                if retired:
                    prune(staged, {reader.reader_id for reader in retired})
                artifact.reveal(staged)
                work.models.add(model.version, model.manifest)
                work.commit()
        finally:
            # It has another name by now, unless something failed.
            shutil.rmtree(staged, ignore_errors=True)
        self._tidy()
        return model

    def models(self) -> list[Published]:
        """Every published model, the one recorded last first."""
        with self._store.read() as work:
            records, to_serve = work.models.all(), work.models.latest(EVERY)
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
            return any(not self._fault(version) for version in work.models.latest(EVERY))

    def promote(self, version: str) -> None:
        """Let a model be served from now on, withdrawn or not. Raises NoSuchModel and ModelUnusable."""
        with self._store.write() as work:
            if version not in {record.version for record in work.models.all()}:
                raise NoSuchModel(f"there is no model {version}: `python -m recommendations models` lists them")
            artifact.load(self._models / version)
            work.models.promote(version)
            work.commit()

    def rollback(self) -> tuple[str, str]:
        """Withdraw the model to be served; returns its version, and that of the usable one that comes next.

        Raises NoSuchModel where none comes next.
        """
        with self._store.write() as work:
            to_serve = work.models.latest(EVERY)
            usable = (version for version in to_serve if not self._fault(version))
            withdrawn, instead = next(usable, None), next(usable, None)
            if withdrawn is None or instead is None:
                raise NoSuchModel("there is no other usable model to go back to: nothing changed")
            # Also unusable ones before it: servers look only a few models back.
            for version in to_serve[: to_serve.index(instead)]:
                work.models.withdraw(version)
            work.commit()
        return withdrawn, instead

    def _learned(self, budget: float) -> Artifact:
        started = time.monotonic()
        with self._store.read() as work:
            # Before the events: a reader who is merged or deleted in between is then seen again.
            readers_revision = work.readers.revision()
            # The removed ones too: they still say what their readers like.
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
        # In a write transaction: no model is promoted meanwhile.
        with self._store.write() as work:
            there = (version for version in work.models.latest(EVERY) if (self._models / version).exists())
            kept = [version for version, _ in zip(there, range(KEPT), strict=False)]
            published_models.remove_unused(
                self._models, kept=kept, recorded={record.version for record in work.models.all()}
            )

    def _fault(self, version: str) -> str:
        try:
            artifact.load(self._models / version)
        except ModelUnusable as error:
            return "absent" if not (self._models / version).exists() else str(error)
        return ""


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

    # The first server to start finds it done.
    ranker.compile_ahead()
    return training.train(books, chunks, **settings).artifact
