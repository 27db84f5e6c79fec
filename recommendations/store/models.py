"""The record of published models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from recommendations.store.schema import models


@dataclass(frozen=True, slots=True)
class Record:
    """One published model; a withdrawn one is not served."""

    version: str
    manifest: Mapping[str, Any]
    withdrawn: bool


class Models:
    """The models table over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: str, manifest: Mapping[str, Any]) -> None:
        """Record a published model, which is served from now on. Needs a write transaction."""
        self._connection.execute(
            insert(models).values(version=version, manifest=dict(manifest), turn=self._next_turn(), withdrawn=False)
        )

    def promote(self, version: str) -> None:
        """Serve a recorded model from now on, withdrawn or not. Needs a write transaction."""
        promoted = update(models).where(models.c.version == version)
        self._connection.execute(promoted.values(turn=self._next_turn(), withdrawn=False))

    def withdraw(self, version: str) -> None:
        """Stop serving a model. Needs a write transaction."""
        self._connection.execute(update(models).where(models.c.version == version).values(withdrawn=True))

    def latest(self, most: int | None = None) -> Sequence[str]:
        """The versions that may be served, the one promoted or recorded last first; `most` of them or all."""
        to_serve = select(models.c.version).where(~models.c.withdrawn).order_by(models.c.turn.desc())
        return self._connection.scalars(to_serve.limit(most)).all()

    def all(self) -> Sequence[Record]:
        """All published models, the one recorded last first."""
        rows = self._connection.execute(select(models).order_by(models.c.id.desc()))
        return [Record(row.version, row.manifest, row.withdrawn) for row in rows]

    def _next_turn(self) -> int:
        return (self._connection.scalar(select(func.coalesce(func.max(models.c.turn), 0))) or 0) + 1
