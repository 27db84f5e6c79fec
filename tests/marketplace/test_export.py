"""Tests of marketplace.export."""

from marketplace.activity import Activity
from marketplace.domain import NOBODY, Account, Book
from marketplace.export import export
from marketplace.store import Store
from tests.marketplace.fakes import NOON


def test_the_export_holds_all_that_the_shop_keeps(store: Store) -> None:
    """Account without its secrets, history with titles and stars, wishlist; books that are gone have no title."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune"), Book(id=8, title="Emma")])
        work.commit()
    activity = Activity(store, wake=lambda: None, clock=lambda: NOON)
    deed = activity.rated(NOBODY, 7, 9, "list-1")
    activity.wished(deed.reader_id, 8)
    account = Account(
        reader_id=deed.reader_id, email="ann@example.com", password_hash="secret-hash", session_key="secret-key"
    )
    with store.write() as work:
        work.accounts.add(account, NOON)
        work.commit()
    moment = "2026-03-01T12:00:00+00:00"
    assert export(store, deed.reader_id) == {
        "reader_id": deed.reader_id,
        "email": "ann@example.com",
        "history": [
            {
                "id": deed.interaction.id,
                "book_id": 7,
                "title": "Dune",
                "kind": "rating",
                "stars": 4.5,
                "recommendation_id": "list-1",
                "occurred_at": moment,
            }
        ],
        "wishlist": [{"book_id": 8, "title": "Emma", "added_at": moment}],
    }


def test_others_are_not_in_it(store: Store) -> None:
    """A reader who did nothing exports nothing."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune")])
        work.commit()
    activity = Activity(store, wake=lambda: None)
    activity.rated(NOBODY, 7, 9, "")
    other = activity.wished(NOBODY, 7)
    assert export(store, other)["history"] == []
