"""The store on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect, update

from previews.domain import FAILURES, PageNotFound, Preview, StoreUnavailable
from previews.store import Store, open_store
from previews.store.schema import MAX_URL_LENGTH, answers, metadata

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://example.com/"
PREVIEW = Preview(
    url=URL, title="Tïtle", description="d", image="i", site="s", authors=("A", "B"), isbn="9780306406157"
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = open_store(database_url)
    store.migrate()
    yield store
    store.close()


pytestmark = pytest.mark.slow


def test_a_preview_until_it_expires(store: Store) -> None:
    """What was put is found as it was, up to that moment and no longer."""
    store.put(URL, PREVIEW, expires_at=NOON + HOUR)
    assert store.find(URL, at=NOON) == PREVIEW
    assert store.find(URL + "?", at=NOON) is None
    assert store.find(URL, at=NOON + HOUR) is None


@pytest.mark.parametrize("kind", FAILURES.values())
def test_every_failure_is_kept(store: Store, kind: type[PageNotFound]) -> None:
    """By its name, without a text of its own."""
    store.put(URL, kind(), expires_at=NOON + HOUR)
    assert type(store.find(URL, at=NOON)) is kind


def test_the_last_answer_counts(store: Store) -> None:
    """A failure replaces a preview, and the other way round."""
    store.put(URL, PREVIEW, expires_at=NOON + HOUR)
    store.put(URL, PageNotFound(), expires_at=NOON + 2 * HOUR)
    assert isinstance(store.find(URL, at=NOON), PageNotFound)
    store.put(URL, PREVIEW, expires_at=NOON + 3 * HOUR)
    assert store.find(URL, at=NOON + 2 * HOUR) == PREVIEW


def test_pruning(store: Store) -> None:
    """What has expired is deleted, and nothing else."""
    store.put("old", PREVIEW, expires_at=NOON)
    store.put("new", PREVIEW, expires_at=NOON + HOUR)
    store.prune(NOON)
    assert store.find("old", at=NOON - HOUR) is None
    assert store.find("new", at=NOON) == PREVIEW


def test_a_failure_of_another_version(store: Store) -> None:
    """A name that this version does not know counts as nothing known."""
    store.put(URL, PageNotFound(), expires_at=NOON + HOUR)
    with store.engine.begin() as connection:
        connection.execute(update(answers).values(failure="OfTheFuture"))
    assert store.find(URL, at=NOON) is None


def test_the_longest_url(store: Store) -> None:
    """It fits, also into PostgreSQL's index."""
    url = "https://example.com/".ljust(MAX_URL_LENGTH, "x")
    store.put(url, PREVIEW, expires_at=NOON + HOUR)
    assert store.find(url, at=NOON) == PREVIEW


def test_migrations_make_the_schema(store: Store) -> None:
    """The table, its columns and its index are those of the schema; migrating again changes nothing."""
    store.migrate()
    assert store.is_migrated()
    store.check()
    inspector = inspect(store.engine)
    (table,) = metadata.sorted_tables
    assert {column["name"] for column in inspector.get_columns(table.name)} == set(table.columns.keys())
    assert [index["name"] for index in inspector.get_indexes(table.name)] == [index.name for index in table.indexes]


def test_a_database_that_is_not_migrated(database_url: str) -> None:
    """It is an outage: a migration may come."""
    store = open_store(database_url)
    assert not store.is_migrated()
    with pytest.raises(StoreUnavailable):
        store.find(URL, at=NOON)
    store.close()
