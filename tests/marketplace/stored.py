"""Helpers that write into a store and read from it."""

from collections.abc import Sequence
from importlib import import_module

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Executable, text

from events.types import EventData, NoticeRequested
from marketplace.domain.books import Book
from marketplace.domain.events import BUILT_IN, Message, PublishedEvent, ShopEvent
from marketplace.domain.interactions import Interaction
from marketplace.store import Store


def put(store: Store, *books: Book) -> Sequence[int]:
    """Write books into the catalogue; returns the ids of those that changed."""
    with store.write() as work:
        changed = work.books.put(books)
        work.commit()
    return changed


def execute(store: Store, statement: str | Executable) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def run_migration(store: Store, name: str) -> None:
    """Run one migration alone, whatever the tables already are."""
    migration = import_module(f"marketplace.store.migrations.versions.{name}")
    with store.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()


def events_of(store: Store) -> list[Message]:
    """The messages that wait in the outbox, sorted by destination."""
    return [event for event in _waiting(store) if not isinstance(event, PublishedEvent)]


def published(store: Store) -> list[EventData]:
    """The published events that wait in the outbox, each once."""
    events = {event.id: event.data for event in _waiting(store) if isinstance(event, PublishedEvent)}
    return list(events.values())


def notices_of(store: Store) -> list[NoticeRequested]:
    """The mails to readers that wait in the outbox, in their order."""
    return [data for data in published(store) if isinstance(data, NoticeRequested)]


def _waiting(store: Store) -> list[ShopEvent]:
    with store.read() as work:
        return [row.event() for destination in BUILT_IN for row in work.outbox.waiting(1000, destination)]


def sent(store: Store) -> list[Interaction]:
    """The interactions that wait in the outbox."""
    return [event for event in events_of(store) if isinstance(event, Interaction)]
