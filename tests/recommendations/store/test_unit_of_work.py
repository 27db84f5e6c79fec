"""Transactions, migrations and failures of the database."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, event, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from recommendations.domain.books import Book, Category
from recommendations.domain.errors import StoreUnavailable
from recommendations.domain.interactions import Interaction, InteractionKind
from recommendations.store import Store, unit_of_work
from recommendations.store.schema import metadata
from servicekit.database import migrations
from servicekit.database.engine import open_engine, writing

DEADLINE = 20


def click(id_: str, book: int = 1) -> Interaction:
    return Interaction(id=id_, reader_id=1, book_id=book, kind=InteractionKind.CLICK)


def stored_books(store: Store) -> list[int]:
    with store.read() as work:
        return [event.book_id for chunk in work.interactions.events_after(0) for event in chunk]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = Store(open_engine(url))
    store.migrate()
    store.close()
    return url


def test_without_commit_nothing_is_kept(store: Store) -> None:
    """Leaving the block rolls back, and so does an exception."""
    with store.write() as work:
        work.interactions.add([click("a")])
        work.books.upsert([Book(id=1, title="")], date(2026, 1, 1))
        work.models.add("m", {})

    def fail() -> None:
        with store.write() as work:
            work.interactions.add([click("b")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as work:
        assert stored_books(store) == []
        assert list(work.books.ids()) == []
        assert list(work.models.latest(1)) == []


def test_commit_keeps_everything(store: Store) -> None:
    """Other transactions see what was committed, and not what was written after the commit."""
    with store.write() as work:
        work.interactions.add([click("a", 7)])
        work.commit()
        work.interactions.add([click("b", 8)])
    assert stored_books(store) == [7]


def test_migrating_twice_changes_nothing(empty_engine: Engine) -> None:
    """The first migration creates the tables; the second changes nothing."""
    store = Store(empty_engine)
    assert not store.is_migrated()
    store.migrate()
    assert store.is_migrated()
    with store.write() as work:
        work.interactions.add([click("a", 3)])
        work.commit()
    store.migrate()
    assert store.is_migrated()
    assert stored_books(store) == [3]


def test_migrations_make_the_tables_of_the_schema(store: Store, engine: Engine) -> None:
    """Alembic finds no difference between the migrated database and the schema."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert {"books", "interactions", "tombstones", "models"} < set(inspect(connection).get_table_names())


def test_migrating_keeps_the_data(empty_engine: Engine) -> None:
    """After migrating from version 1, books are not removed, events count, and models keep their order."""
    with writing(empty_engine) as connection:
        config = migrations._config(unit_of_work.MIGRATIONS)
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = {
            name: Table(name, MetaData(), autoload_with=connection) for name in ("books", "interactions", "models")
        }
        listed = {"authors": [], "categories": [1], "subjects": []}
        connection.execute(insert(tables["books"]).values(book_id=7, title="Dune", revision=4, **listed))
        did = {"reader_id": 1, "book_id": 7, "kind": 2, "value": 0.0, "recommendation_id": ""}
        for number in (1, 2):
            connection.execute(insert(tables["interactions"]).values(id=f"i{number}", **did))
            connection.execute(insert(tables["models"]).values(version=f"m{number}", manifest={}))
        connection.commit()
    store = Store(empty_engine)
    assert not store.is_migrated()
    store.migrate()
    assert store.is_migrated()
    with store.read() as work:
        assert work.books.changed_since(0) == (
            [Book(id=7, title="Dune", categories=(Category.SCIENCE_FICTION,))],
            4,
        )
        assert [event.book_id for event in work.interactions.events_of(1)] == [7, 7]
        assert list(work.models.latest(9)) == ["m2", "m1"]
        assert not work.models.all()[0].withdrawn
    with store.write() as work:
        # The date of an old book is unknown, and stays so.
        assert work.books.upsert([Book(id=7, title="Dune II")], date(2026, 1, 1)) == {7}
        work.commit()
    with store.read() as work:
        assert work.books.changed_since(4)[0][0].added_on is None


def test_an_interrupted_migration_changes_nothing(empty_engine: Engine) -> None:
    """It is one transaction: stopped before its last statement, it is rolled back."""

    class Stopped(Exception):
        pass

    @event.listens_for(empty_engine, "before_cursor_execute")
    def _stop(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE models"):  # the last one
            raise Stopped

    with pytest.raises(Stopped):
        Store(empty_engine).migrate()
    event.remove(empty_engine, "before_cursor_execute", _stop)
    with empty_engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    Store(empty_engine).migrate()


def test_an_unreachable_database() -> None:
    """Every use raises StoreUnavailable from the driver's error."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        store = Store(open_engine(f"postgresql://nobody:secret@127.0.0.1:{closed.getsockname()[1]}/none"))
        for attempt in (store.read, store.write):
            with pytest.raises(StoreUnavailable) as caught, attempt():
                pass
            assert caught.value.__cause__ is not None
            assert "secret" not in str(caught.value)
        for command in (store.migrate, store.is_migrated):
            with pytest.raises(StoreUnavailable):
                command()
        store.close()


def test_a_folder_instead_of_a_database(tmp_path: Path) -> None:
    """It raises StoreUnavailable."""
    store = Store(open_engine(f"sqlite:///{tmp_path}"))
    with pytest.raises(StoreUnavailable), store.read():
        pass
    store.close()


def test_a_text_file_instead_of_a_database(tmp_path: Path) -> None:
    """It raises StoreUnavailable."""
    path = tmp_path / "novel.txt"
    path.write_text("It was a dark and stormy night. " * 100)
    store = Store(open_engine(f"sqlite:///{path}"))
    with pytest.raises(StoreUnavailable):
        store.migrate()
    store.close()


def test_a_writer_that_waits_too_long(sqlite_url: str) -> None:
    """A second SQLite writer gives up after the busy timeout with StoreUnavailable; readers never wait."""
    first, second = (Store(open_engine(sqlite_url, busy_timeout_ms=50)) for _ in range(2))
    with first.write() as work:
        work.interactions.add([click("a", 1)])
        with pytest.raises(StoreUnavailable), second.write() as late:
            late.books.revision()
        assert stored_books(second) == []
        work.commit()
    with second.write() as work:
        work.interactions.add([click("b", 2)])
        work.commit()
    assert stored_books(first) == [1, 2]
    first.close()
    second.close()


def test_one_writer_at_a_time(store: Store) -> None:
    """A second writer begins after the first one's commit, so sequence numbers become visible in order."""
    began = threading.Event()
    finished: list[str] = []

    def second() -> None:
        began.set()
        with store.write() as work:
            assert work.interactions.last_sequence() > 0  # the first one's commit is there already
            work.interactions.add([click("second", 2)])
            work.commit()
        finished.append("second")

    with ThreadPoolExecutor(1) as pool:
        with store.write() as work:
            work.interactions.add([click("first", 1)])
            waiting = pool.submit(second)
            assert began.wait(DEADLINE)
            # If the second writer did not wait, it would have ended by then.
            with pytest.raises(TimeoutError):
                waiting.result(0.2)
            work.commit()
            finished.append("first")
        waiting.result(DEADLINE)
    assert finished == ["first", "second"]
    assert stored_books(store) == [1, 2]


def test_a_follower_misses_no_event_of_many_writers(store: Store) -> None:
    """Reading by sequence number while four threads write returns each event once and in order."""
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(15):
            with store.write() as work:
                work.interactions.add([click(f"{writer}-{number}", writer * 100 + number + 1)])
                work.commit()

    def follow() -> list[int]:
        seen: list[int] = []
        sequence = 0
        while True:
            last_round = done.is_set()
            with store.read() as work:
                for chunk in work.interactions.events_after(sequence):
                    seen += [event.book_id for event in chunk]
                    sequence = chunk[-1].sequence
            if last_round:
                return seen

    with ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow)
        for writing in [pool.submit(write, writer) for writer in range(4)]:
            writing.result(DEADLINE)
        done.set()
        seen = following.result(DEADLINE)
    assert seen == stored_books(store)
    assert len(seen) == 60


@pytest.fixture
def small_disk(sqlite_url: str) -> Iterator[Store]:
    """A SQLite store that may grow by a few pages only."""
    engine = open_engine(sqlite_url)

    @event.listens_for(engine, "connect")
    def _small(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count=30")

    store = Store(engine)
    yield store
    store.close()


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Store) -> None:
    """Writing to a full disk raises StoreUnavailable, and everything committed before is still there."""
    acknowledged: list[int] = []

    def fill() -> None:
        for number in range(1, 10_000):
            with small_disk.write() as work:
                work.interactions.add([click(f"{number}-{'x' * 300}", number)])
                work.commit()
            acknowledged.append(number)

    with pytest.raises(StoreUnavailable):
        fill()
    assert acknowledged
    assert stored_books(small_disk) == acknowledged


def test_database_errors_contain_no_parameters(engine: Engine) -> None:
    """Their text is logged, and must not contain a reader's id."""
    with pytest.raises(DBAPIError, match="no_such_table") as caught, engine.connect() as connection:
        connection.execute(text("SELECT * FROM no_such_table WHERE reader = :reader"), {"reader": 424242})
    assert "424242" not in str(caught.value)
