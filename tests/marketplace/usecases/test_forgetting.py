"""Nothing of a deleted reader stays in the shop's database."""

from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.domain.accounts import Account
from marketplace.domain.books import Book
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.usecases.activity import Activity, forget_reader
from tests.marketplace.fakes import NOON


def somebody(store: Store, email: str) -> tuple[int, str]:
    """A reader with an account who rated and wished for a book; their id and that of the rating."""
    activity = Activity(store, wake=lambda: None, clock=lambda: NOON)
    action = activity.rate(NOBODY, 7, 9, "list-1")
    activity.add_to_wishlist(action.reader_id, 7)
    account = Account(
        reader_id=action.reader_id, email=email, password_hash=f"hash-{email}", session_key=f"key-{email}"
    )
    with store.write() as work:
        work.accounts.add(account, NOON)
        work.commit()
    return action.reader_id, action.interaction.id


@pytest.fixture
def forgotten(store: Store) -> str:
    """The id of what a reader did who was known to the database's statistics, and then forgotten, unlike others."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune")])
        work.commit()
    for number in range(20):
        somebody(store, f"stays{number}@example.com")
    reader_id, interaction_id = somebody(store, "goes@example.com")
    store.refresh_statistics()
    with store.write() as work:
        forget_reader(work, reader_id, NOON)
        work.commit()
    return interaction_id


def test_no_row_and_no_statistic_is_left(store: Store, forgotten: str) -> None:
    """Other readers' data stay; of the deleted one there is only the event for Recommendations."""
    with store.read() as work:
        assert work.accounts.by_email("goes@example.com") is None
        assert work.accounts.by_email("stays3@example.com") is not None
        assert forgotten not in str([row.payload for row in work.outbox.waiting(100)])
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            known = str(connection.execute(text("SELECT pg_stats::text FROM pg_stats")).all())
        assert "public,wishes,added_at" in known
        assert "example.com" not in known
        assert forgotten not in known


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_no_byte_is_left(store: Store, forgotten: str) -> None:
    """SQLite overwrites deleted data: the closed file does not contain it."""
    store.close()
    file = Path(store.engine.url.database or "")
    content = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    assert b"stays3@example.com" in content
    assert b"goes@example.com" not in content
    assert forgotten.encode() not in content
