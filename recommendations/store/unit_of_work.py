"""Transactions over the whole store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from recommendations.domain.errors import StoreUnavailable
from recommendations.store.books import Books
from recommendations.store.interactions import Interactions
from recommendations.store.models import Models
from recommendations.store.readers import Readers
from recommendations.store.schema import metadata
from recommendations.store.tokens import Tokens
from servicekit.database import integrity, migrations
from servicekit.database.engine import reading, refresh_statistics, writing
from servicekit.database.errors import is_outage

MIGRATIONS = Path(__file__).parent / "migrations"
_WRITE_LOCK = 5005101


class UnitOfWork:
    """One transaction; what it wrote is kept only after `commit()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.books = Books(connection)
        self.readers = Readers(connection)
        self.interactions = Interactions(connection, self.readers)
        self.models = Models(connection)
        self.tokens = Tokens(connection)

    def commit(self) -> None:
        self._connection.commit()


class Store:
    """The database behind `engine`; every `read` and `write` is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A transaction that only reads. Raises StoreUnavailable."""
        with _unavailable(), reading(self._engine) as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that may write. Raises StoreUnavailable.

        Writers are serialised, so that sequence numbers and revisions become visible in order and a follower, which
        reads later ones, misses none. SQLite has only one writer anyway.
        """
        with _unavailable(), writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_WRITE_LOCK)))
            yield UnitOfWork(connection)

    def migrate(self) -> None:
        """Bring the database up to date. Raises StoreUnavailable."""
        with _unavailable():
            migrations.upgrade(self._engine, MIGRATIONS)

    def is_migrated(self) -> bool:
        """Whether the database is up to date. Raises StoreUnavailable."""
        with _unavailable():
            return migrations.is_current(self._engine, MIGRATIONS)

    def require_intact(self) -> None:
        """Check the pages of the database, before it is served. Raises DamagedDatabase and StoreUnavailable."""
        with _unavailable():
            integrity.require_intact(self._engine)

    def refresh_statistics(self) -> None:
        """Update the query planner's statistics, after much was stored. Raises StoreUnavailable."""
        with _unavailable():
            refresh_statistics(self._engine, metadata)

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        raise StoreUnavailable from error
