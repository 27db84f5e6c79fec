"""The unit of work: a transaction with the tables in it, rolled back unless committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from marketplace.domain.errors import StoreUnavailable
from marketplace.store.account_links import StoredLinks
from marketplace.store.accounts import StoredAccounts
from marketplace.store.api_answers import StoredAnswers
from marketplace.store.api_tokens import StoredTokens
from marketplace.store.attempts import StoredAttempts
from marketplace.store.books import Books
from marketplace.store.carts import StoredCarts
from marketplace.store.conversations import StoredConversations
from marketplace.store.interactions import Interactions
from marketplace.store.listings import Listings
from marketplace.store.moderation.audit import Audit
from marketplace.store.moderation.book_table import AllBooks
from marketplace.store.moderation.order_table import OrderTable
from marketplace.store.orders import StoredOrders
from marketplace.store.outbox.deliveries import Deliveries
from marketplace.store.outbox.destinations import StoredDestinations
from marketplace.store.outbox.event_log import EventLog
from marketplace.store.outbox.outbox import Outbox
from marketplace.store.previews.links import StoredPreviews
from marketplace.store.previews.pictures import Pictures
from marketplace.store.readers import ImportedHistory, Readers
from marketplace.store.schema import metadata
from marketplace.store.search.search import Search
from marketplace.store.sessions import Sessions
from marketplace.store.wishlists import Wishlists
from servicekit.database import migrations
from servicekit.database.engine import Timeouts, open_engine, reading, refresh_statistics, writing
from servicekit.database.errors import driver_message, is_outage
from servicekit.database.integrity import require_intact

MIGRATIONS = Path(__file__).parent / "migrations"
_INDEX_BATCH = 1000


class UnitOfWork:
    """One transaction and the tables in it."""

    def __init__(self, connection: Connection, *, has_live: bool = False) -> None:
        self._connection = connection
        self.books = Books(connection)
        self.all_books = AllBooks(connection)
        self.listings = Listings(connection)
        self.search = Search(connection)
        self.readers = Readers(connection)
        self.accounts = StoredAccounts(connection)
        self.links = StoredLinks(connection)
        self.sessions = Sessions(connection)
        self.interactions = Interactions(connection)
        self.wishlists = Wishlists(connection)
        self.carts = StoredCarts(connection)
        self.orders = StoredOrders(connection)
        self.order_table = OrderTable(connection)
        self.conversations = StoredConversations(connection)
        self.link_previews = StoredPreviews(connection)
        self.pictures = Pictures(connection)
        self.audit = Audit(connection)
        self.api_tokens = StoredTokens(connection)
        self.api_answers = StoredAnswers(connection)
        self.attempts = StoredAttempts(connection)
        self.history = ImportedHistory(connection)
        self.outbox = Outbox(connection, has_live=has_live)
        self.deliveries = Deliveries(connection)
        self.destinations = StoredDestinations(connection)
        self.event_log = EventLog(connection)

    def commit(self) -> None:
        self._connection.commit()


class Store:
    """The shop's database; its outages are raised as StoreUnavailable."""

    def __init__(self, engine: Engine, *, has_live: bool = False) -> None:
        """`has_live` is whether events are published for live."""
        self.engine = engine
        self._has_live = has_live

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with _translated_errors(), reading(self.engine) as connection:
            yield UnitOfWork(connection, has_live=self._has_live)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that may write; rolled back unless it is committed before the block ends."""
        with _translated_errors(), writing(self.engine) as connection:
            yield UnitOfWork(connection, has_live=self._has_live)

    def migrate(self) -> None:
        """Upgrade the tables, and index books that an older version stored without an index."""
        with _translated_errors():
            migrations.upgrade(self.engine, MIGRATIONS)
        indexed = _INDEX_BATCH
        while indexed == _INDEX_BATCH:
            with self.write() as work:
                indexed = work.books.index_missing(_INDEX_BATCH)
                work.commit()

    def is_migrated(self) -> bool:
        """Whether the tables are up to date."""
        with _translated_errors():
            return migrations.is_current(self.engine, MIGRATIONS)

    def require_intact(self) -> None:
        """Check the pages of the database, before it is served. Raises DamagedDatabase."""
        with _translated_errors():
            require_intact(self.engine)

    def refresh_statistics(self) -> None:
        """Refresh the statistics of the query planner, after a large import."""
        with _translated_errors():
            refresh_statistics(self.engine, metadata)

    def close(self) -> None:
        self.engine.dispose()


def open_store(
    url: str,
    *,
    timeouts: Timeouts | None = None,
    pool_size: int = 10,
    pool_timeout: float = 30.0,
    waiting_writers: int | None = None,
    has_live: bool = False,
) -> Store:
    """The store in the database that `url` names, which connects when it is first used; see `open_engine`.

    `has_live` is whether events are published for live.
    """
    engine = open_engine(
        url, timeouts=timeouts, pool_size=pool_size, pool_timeout=pool_timeout, waiting_writers=waiting_writers
    )
    return Store(engine, has_live=has_live)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        raise StoreUnavailable(driver_message(error)) from error
