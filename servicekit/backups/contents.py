"""What a backup of a service has, and its manifest."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import URL

from servicekit.database.engine import database_url

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
"""The name of the service's own database in the archive."""


class BackupError(Exception):
    """A backup cannot be made or restored; the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a service keeps.

    `files` are files and folders by their names in the archive, `databases` further SQLite databases likewise, which
    other services may have too. What does not exist is left out. `lock` is held while `files` are read.
    """

    service: str
    url: str
    migrations: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    databases: Mapping[str, Path] = field(default_factory=dict)
    lock: AbstractContextManager[object] = field(default_factory=nullcontext)

    @property
    def parsed_url(self) -> URL:
        return database_url(self.url)

    @property
    def sqlite(self) -> Path | None:
        """The file of the service's own database; None on PostgreSQL, whose dumps are its own tools' work."""
        url = self.parsed_url
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


class Manifest(BaseModel):
    """The last member of an archive, without which it is incomplete."""

    model_config = ConfigDict(frozen=True)

    format: int
    service: str
    made_at: str
    """When the copy of the database began, in UTC, as ISO 8601."""
    revision: str | None
    """The last migration of the database; None if the database is not in the archive."""
    rows: Mapping[str, int]
    """The number of rows of each table."""
    sha256: Mapping[str, str]
    """The checksum of each other member."""
