"""The record of published models."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from recommendations.store.schema import models


class Models:
    """The models table over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: str, manifest: Mapping[str, Any]) -> None:
        """Record a published model; servers take up the one recorded last."""
        self._connection.execute(insert(models).values(version=version, manifest=dict(manifest)))

    def latest(self, most: int) -> Sequence[str]:
        """The versions recorded last, the newest first."""
        return self._connection.scalars(select(models.c.version).order_by(models.c.id.desc()).limit(most)).all()
