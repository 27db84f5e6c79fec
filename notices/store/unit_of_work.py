"""The unit of work: a transaction with the tables in it, rolled back unless committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from notices.domain import StoreUnavailable
from notices.store.inbox import Inbox
from notices.store.messages import Messages
from servicekit.database import migrations
from servicekit.database.engine import Timeouts, open_engine, reading, writing
from servicekit.database.errors import driver_message, is_outage
from servicekit.database.integrity import require_intact

MIGRATIONS = Path(__file__).parent / "migrations"


class UnitOfWork:
    """One transaction and the tables in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.inbox = Inbox(connection)
        self.messages = Messages(connection)

    def commit(self) -> None:
        self._connection.commit()


class Store:
    """The database of notices; its outages are raised as StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with _translated_errors(), reading(self.engine) as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that may write; rolled back unless it is committed before the block ends."""
        with _translated_errors(), writing(self.engine) as connection:
            yield UnitOfWork(connection)

    @property
    def is_shared(self) -> bool:
        """Whether several processes may send over this database: a file of SQLite belongs to one."""
        return self.engine.dialect.name != "sqlite"

    def migrate(self) -> None:
        """Create the tables, or upgrade them."""
        with _translated_errors():
            migrations.upgrade(self.engine, MIGRATIONS)

    def is_migrated(self) -> bool:
        """Whether the tables are up to date."""
        with _translated_errors():
            return migrations.is_current(self.engine, MIGRATIONS)

    def require_intact(self) -> None:
        """Check the pages of the database, before it is served. Raises DamagedDatabase."""
        with _translated_errors():
            require_intact(self.engine)

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str, *, timeouts: Timeouts | None = None) -> Store:
    """The store in the database that `url` names, which connects when it is first used; see `open_engine`."""
    return Store(open_engine(url, timeouts=timeouts))


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        raise StoreUnavailable(driver_message(error)) from error
