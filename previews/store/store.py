"""The store: each method is one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from previews.domain import StoreUnavailable
from previews.store import answers
from previews.store.answers import Answer
from servicekit.database import migrations
from servicekit.database.engine import Timeouts, open_engine, reading, writing
from servicekit.database.errors import is_outage
from servicekit.database.integrity import require_intact

MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """The database of previews; its outages are raised as StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def find(self, url: str, *, at: datetime) -> Answer | None:
        """What is known about a URL at that time, if anything."""
        with _translated_errors(), reading(self.engine) as connection:
            return answers.find(connection, url, at=at)

    def put(self, url: str, answer: Answer, *, expires_at: datetime) -> None:
        """Keep what is known about a URL."""
        with _translated_errors(), writing(self.engine) as connection:
            answers.put(connection, url, answer, expires_at=expires_at)
            connection.commit()

    def prune(self, before: datetime) -> None:
        """Delete what expired before that time."""
        with _translated_errors(), writing(self.engine) as connection:
            answers.prune(connection, before)
            connection.commit()

    def check(self) -> None:
        """Read from the database. Raises StoreUnavailable."""
        with _translated_errors(), reading(self.engine) as connection:
            connection.execute(select(1))

    def migrate(self) -> None:
        """Create the table, or upgrade it."""
        with _translated_errors():
            migrations.upgrade(self.engine, MIGRATIONS)

    def is_migrated(self) -> bool:
        """Whether the table is up to date."""
        with _translated_errors():
            return migrations.is_current(self.engine, MIGRATIONS)

    def require_intact(self) -> None:
        """Check the pages of the database, before it is served. Raises DamagedDatabase."""
        with _translated_errors():
            require_intact(self.engine)

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str, *, timeouts: Timeouts | None = None, pool_size: int = 10) -> Store:
    """The store in the database that `url` names, which connects when it is first used; see `open_engine`."""
    return Store(open_engine(url, timeouts=timeouts, pool_size=pool_size))


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        # Callers get the fixed text; the driver's message is for the operator.
        raise StoreUnavailable from error
