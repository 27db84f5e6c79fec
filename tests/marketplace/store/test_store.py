"""The store: migrations, books, readers, transactions and the outbox."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.domain.books import Book, Card
from marketplace.domain.categories import Category
from marketplace.domain.errors import BookNotFound, StoreUnavailable
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.domain.money import Money
from marketplace.store import Store, UnitOfWork, open_store
from marketplace.store.readers import HistoryEntry
from marketplace.store.schema import is_portable, metadata, readers
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import put
from tests.parameters import allow_parameters

DUNE = Book(
    id=7,
    title="Dune",
    authors=("Frank Herbert",),
    year=1965,
    isbn="9780441013593",
    categories=(Category.CLASSICS, Category.SCIENCE_FICTION),
    subjects=("deserts", "politics"),
    description="Spice.",
    price=Money(999, "EUR"),
    stock=3,
    picture="https://example.org/dune.jpg",
    work="3634639",
    ratings_count=900_000,
    average_rating=4.25,
)
EMMA = Book(id=8, title="Emma", categories=(Category.CLASSICS,))
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon")
CLICK = Interaction(
    id="click-1-7-shop", reader_id=1_000_000_000, book_id=7, kind=InteractionKind.CLICK, occurred_at=NOON
)


def add_history(store: Store, *pairs: tuple[int, int]) -> int:
    with store.write() as work:
        new = work.history.add(HistoryEntry(*pair) for pair in pairs)
        work.books.recount_readers()
        work.commit()
    return new


def test_the_migrations_make_the_schema(store: Store) -> None:
    """Upgraded from empty, twice, the database is current and equals the tables in code."""
    store.migrate()
    assert store.is_migrated()
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_portable})
        assert compare_metadata(context, metadata) == []


def test_an_empty_database_is_not_current(database_url: str) -> None:
    """The shop can report that its database was never migrated."""
    unmigrated = open_store(database_url)
    assert not unmigrated.is_migrated()
    unmigrated.close()


def test_a_fault_of_the_program_is_no_outage(store: Store) -> None:
    """A violated constraint is raised as it is: no later attempt succeeds."""
    with pytest.raises(IntegrityError), store.write() as work:
        work.interactions.add(CLICK)  # of a reader who does not exist


def test_a_book_is_stored_completely(store: Store) -> None:
    """Every attribute, the categories in order; also a book with hardly any attributes."""
    put(store, DUNE, EMMA)
    with store.read() as work:
        assert work.books.get(7) == DUNE
        assert work.books.get(8) == EMMA
        with pytest.raises(BookNotFound):
            work.books.get(9)


def test_putting_returns_only_changed_books(store: Store) -> None:
    """The same books again change nothing; a book that differs in its categories alone does."""
    assert len(put(store, DUNE, EMMA)) == 2
    assert put(store, DUNE, EMMA) == []
    moved = replace(DUNE, categories=(Category.CLASSICS,), price=None)
    assert len(put(store, moved, EMMA)) == 1
    with store.read() as work:
        assert work.books.get(7) == moved


def test_cards_have_the_catalogues_values(store: Store) -> None:
    """Unknown ids are left out."""
    put(store, DUNE)
    with store.read() as work:
        assert work.books.cards([7, 99]) == {
            7: Card(
                id=7,
                title="Dune",
                authors=("Frank Herbert",),
                categories=(Category.CLASSICS, Category.SCIENCE_FICTION),
                price=Money(999, "EUR"),
                stock=3,
                picture="https://example.org/dune.jpg",
            )
        }


def test_best_sellers_have_the_most_distinct_readers(store: Store) -> None:
    """By readers and then by id, overall and in each category, up to the limit."""
    put(store, DUNE, EMMA, Book(id=9, title="Ulysses", categories=(Category.CLASSICS,)))
    assert add_history(store, (1, 8), (2, 8), (1, 9), (1, 9)) == 3
    with store.read() as work:
        best = work.listings.best_sellers(2)
    assert [(card.id, card.readers) for card in best.overall] == [(8, 2), (9, 1)]
    assert {category: [card.id for card in cards] for category, cards in best.by_topic.items()} == {
        Category.SCIENCE_FICTION: [7],
        Category.CLASSICS: [8, 9],
    }


def test_without_history_best_sellers_are_those_of_others(store: Store) -> None:
    """By ratings elsewhere and then by id, overall and in each category; the shop's own readers come before them."""
    others = [Book(id=id_, title=str(id_), categories=EMMA.categories) for id_ in (5, 6)]
    put(store, replace(EMMA, ratings_count=900_001), DUNE, *others)
    with store.read() as work:
        best = work.listings.best_sellers(3)
        assert [card.id for card in best.overall] == [8, 7, 5]
        assert [card.id for card in best.by_topic[Category.CLASSICS]] == [8, 7, 5]
    add_history(store, (1, 6), (2, 6), (1, 5))
    with store.read() as work:
        assert [card.id for card in work.listings.best_sellers(10).overall] == [6, 5, 8, 7]


def test_history_of_an_unknown_book_counts_once_it_is_imported(store: Store) -> None:
    """The order of the files does not matter, and a changed book keeps its readers."""
    assert add_history(store, (1, 7), (2, 7)) == 2
    assert add_history(store, (1, 7), (3, 7)) == 1
    put(store, DUNE)
    add_history(store)
    put(store, replace(DUNE, stock=0))
    with store.read() as work:
        assert work.books.cards([7])[7].readers == 3


def test_ids_of_new_readers_start_at_a_billion(store: Store) -> None:
    """Their ids never equal imported ones, and their time of creation stays in UTC."""
    with store.write() as work:
        ids = [work.readers.add(NOON.astimezone(timezone(timedelta(hours=5)))) for _ in range(2)]
        work.commit()
    assert ids == [1_000_000_000, 1_000_000_001]
    with store.read() as work:
        assert work.readers.exists(1_000_000_001)
        assert not work.readers.exists(1_000_000_002)
        assert not work.readers.exists(5)
    with store.engine.connect() as connection:
        created_at = connection.scalars(select(readers.c.created_at)).first()
    assert created_at == NOON
    assert created_at is not None
    assert created_at.tzinfo is UTC


def test_nothing_is_kept_without_a_commit(store: Store) -> None:
    """Leaving the block, at its end or by an exception, rolls back."""
    with store.write() as work:
        work.readers.add(NOON)
    with pytest.raises(BookNotFound):
        _click_then_fail(store)
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)
        assert work.outbox.length().waiting == 0


def _click_then_fail(store: Store) -> None:
    with store.write() as work:
        work.outbox.add(CLICK, created_at=NOON)
        work.books.get(7)


def test_the_outbox_keeps_order_and_failed_events(store: Store) -> None:
    """Oldest first; delivered rows are deleted, failed ones stay and do not wait."""
    with store.write() as work:
        for number in range(4):
            work.outbox.add(replace(CLICK, id=f"click-{number}"), created_at=NOON + timedelta(seconds=number))
        work.commit()
    with store.write() as work:
        rows = work.outbox.waiting(3)
        assert [row.payload["id"] for row in rows] == ["click-0", "click-1", "click-2"]
        work.outbox.remove([rows[0].event_id])
        work.outbox.mark_failed({rows[1].event_id: "no such book"})
        work.commit()
    with store.read() as work:
        assert [row.payload["id"] for row in work.outbox.waiting(10)] == ["click-2", "click-3"]
        length = work.outbox.length()
        assert (length.waiting, length.failed, length.oldest) == (2, 1, NOON + timedelta(seconds=2))


def test_ids_of_delivered_events_are_never_reused(store: Store) -> None:
    """A relay that deletes by id late cannot delete a newer event."""

    def add(work: UnitOfWork) -> int:
        work.outbox.add(CLICK, created_at=NOON)
        return work.outbox.waiting(1)[0].event_id

    with store.write() as work:
        first = add(work)
        work.outbox.remove([first])
        assert add(work) > first


def test_a_database_without_tables_is_unavailable(database_url: str) -> None:
    """Pages see one kind of error, without the SQL statement in it."""
    unmigrated = open_store(database_url)
    with pytest.raises(StoreUnavailable) as raised, unmigrated.read() as work:
        work.books.get(7)
    assert "SELECT" not in str(raised.value)
    unmigrated.close()


def test_any_number_of_books_is_read_and_changed(store: Store) -> None:
    """More than a statement may have parameters, of books or of the words that leave the index of search."""
    spelled = [" ".join(f"{word}{chr(87 + number)}" for word in WORDS) for number in range(10, 30)]
    put(store, DUNE, *(Book(id=number, title=title) for number, title in enumerate(spelled, 10)))
    # A row of a book has fewer columns than that, the lists below have more.
    allow_parameters(store.engine, 32)
    many = list(range(1, 66_001))
    with store.write() as work:
        assert work.books.cards(many).keys() == work.books.offered(many).keys() == {7, *range(10, 30)}
        assert work.books.lock(many).keys() == {7, *range(10, 30)}
        work.outbox.remove(many)
        work.carts.remove(1, many)
    assert put(store, *(replace(EMMA, id=number) for number in range(1, 40))) == list(range(1, 40))
    with store.read() as work:
        assert work.search.find("alphaa", limit=100).total == 0
        assert work.search.find("emma", limit=100).total == 39
