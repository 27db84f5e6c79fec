"""The moderators' tables of books and orders."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.domain.books import Book
from marketplace.domain.errors import OrderNotFound
from marketplace.domain.moderation import BookColumn, BookFilter, OrderColumn
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.store.moderation.tables import page_of
from marketplace.store.readers import HistoryEntry
from marketplace.store.schema import books as books_table
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import ADDRESS, buyer_of, order_of, promote
from tests.marketplace.stored import put

BOOKS = [
    Book(id=1, title="The Zebra", authors=("Ann Quinn",), isbn="978-0-441-01359-3", price=Money(300, "EUR"), stock=0),
    Book(id=2, title="Émile", price=Money(100, "EUR"), stock=9),
    Book(id=3, title="Apples", authors=("Zoë Ångström",), stock=2),
    Book(id=44, title="1984", price=Money(200, "EUR"), ratings_count=9),
]


@pytest.fixture
def shop(store: Store) -> Store:
    """A shop with four books, the last one hidden, the second the one with most readers."""
    with store.write() as work:
        work.books.put(BOOKS)
        work.all_books.hide(BOOKS[3])
        work.history.add([HistoryEntry(1, 2), HistoryEntry(2, 2), HistoryEntry(1, 3)])
        work.books.recount_readers()
        work.commit()
    return store


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [44, 3, 2, 1]),
        ("zebra", [1]),
        ("ebr", [1]),
        ("QUINN the", [1]),
        ("emile", [2]),
        ("angstrom zoe", [3]),
        ("9780441013593", [1]),
        ("0-441-01359-X", [1]),
        ("44", [44]),
        ("4", []),
        ("1984", [44]),
        ("a", [3, 1]),
        ("absent", []),
        ("% _ *", [44, 3, 2, 1]),
    ],
)
def test_books_are_found_by_title_author_isbn_and_id(shop: Store, query: str, found: list[int]) -> None:
    """By parts of words whatever their accents, hidden books too; short words and numbers by their beginning."""
    with shop.read() as work:
        table = work.all_books.table(query, limit=10)
    assert [row.card.id for row in table.rows] == found
    assert (table.total, table.has_more) == (len(found), False)


@pytest.mark.parametrize(
    ("show", "found"),
    [
        (BookFilter.ALL, [1, 2, 3, 44]),
        (BookFilter.OFFERED, [1, 2, 3]),
        (BookFilter.SOLD_OUT, [1]),
        (BookFilter.HIDDEN, [44]),
    ],
)
def test_books_are_filtered(shop: Store, show: BookFilter, found: list[int]) -> None:
    """With a search and without; the counts agree."""
    with shop.read() as work:
        table = work.all_books.table("", show, by=BookColumn.ID, limit=10)
        assert [row.card.id for row in table.rows] == found
        assert [row.is_hidden for row in table.rows] == [book_id == 44 for book_id in found]
        searched = work.all_books.table("zebra", show, limit=10)
        assert [row.card.id for row in searched.rows] == [book_id for book_id in found if book_id == 1]
        assert (work.all_books.sold_out(), work.all_books.hidden()) == (1, 1)


@pytest.mark.parametrize(
    ("by", "up", "down"),
    [
        (BookColumn.ID, [1, 2, 3, 44], [44, 3, 2, 1]),
        (BookColumn.TITLE, [44, 3, 2, 1], [1, 2, 3, 44]),
        (BookColumn.PRICE, [2, 44, 1, 3], [1, 44, 2, 3]),
        (BookColumn.STOCK, [1, 3, 2, 44], [2, 3, 1, 44]),
        (BookColumn.READERS, [1, 44, 3, 2], [2, 3, 44, 1]),
    ],
)
def test_books_are_sorted_both_ways(shop: Store, by: BookColumn, up: list[int], down: list[int]) -> None:
    """Unknown values come last; pages follow the same order."""
    with shop.read() as work:
        for descending, wanted in ((False, up), (True, down)):
            pages = [
                work.all_books.table(by=by, descending=descending, limit=3, offset=offset) for offset in (0, 3, 6)
            ]
            assert [row.card.id for page in pages for row in page.rows] == wanted
            assert {page.total for page in pages} == {4}


def test_a_table_ends_at_its_limit(shop: Store) -> None:
    """It announces further rows, and returns none beyond the limit."""
    order = [books_table.c.book_id]
    with shop.read() as work:
        connection = work._connection
        page = page_of(connection, books_table.c.book_id, [], order, limit=2, offset=2, max_rows=3)
        assert (list(page.rows), page.total, page.has_more) == ([3], 3, True)
        beyond = page_of(connection, books_table.c.book_id, [], order, limit=2, offset=3, max_rows=3)
        assert (list(beyond.rows), beyond.total) == ([], 3)


def test_many_matching_books_are_sorted_too(store: Store) -> None:
    """More than are sorted directly come in the same order."""
    many = [Book(id=number, title=f"Title {number:04}") for number in range(1, 701)]
    put(store, *many)
    with store.read() as work:
        table = work.all_books.table("title", descending=True, limit=2, offset=600)
    assert [row.card.id for row in table.rows] == [100, 99]
    assert table.total == 700


def test_orders_are_found_filtered_and_sorted(shop: Store) -> None:
    """By any part of number, e-mail, name and city; by state; by time and by total."""
    ann, bob = buyer_of(shop), buyer_of(shop, "bob@elsewhere.org")
    cheap = order_of(shop, ann, 2)
    dear = order_of(shop, bob, 2, 3, OrderState.PAID)
    with shop.read() as work:
        table = work.order_table

        def found(*arguments: object, **more: object) -> list[str]:
            return [row.id for row in table.page(*arguments, limit=10, **more).rows]  # type: ignore[arg-type]

        assert set(found()) == {cheap, dear}
        assert found(cheap) == found(cheap.lower().replace("-", "")) == found(cheap[5:]) == [cheap]
        assert found("elsewhere") == found("bob@elsewhere.org") == [dear]
        assert set(found("oxford reader")) == {cheap, dear}
        assert found("nobody") == []
        assert found("", OrderState.PAID) == [dear]
        assert found("ann@example.com", OrderState.PAID) == []
        assert found(by=OrderColumn.TOTAL, descending=True) == [dear, cheap]
        assert found(by=OrderColumn.TOTAL, descending=False) == [cheap, dear]
        assert found(by=OrderColumn.PLACED, descending=False) == [cheap, dear]
        assert (table.count(OrderState.PLACED), table.count(OrderState.PAID)) == (1, 1)
        row = table.page(dear, limit=1).rows[0]
        assert (row.email, row.name, row.city) == ("bob@elsewhere.org", ADDRESS.name, ADDRESS.city)
        assert (row.total, row.state) == (Money(300, "EUR"), OrderState.PAID)


def test_an_order_is_found_by_a_number_of_digits_only(shop: Store) -> None:
    """Digits match by their beginning, and each group of a number is a word."""
    ann = buyer_of(shop)
    order_id = order_of(shop, ann, 2)
    with shop.write() as work:
        order = work.orders.get(order_id)
        work.orders.add(replace(order, id="0123-4567-8901"), ADDRESS, key="another", digest="")
        for query in ("0123-4567-8901", "012345678901", "4567", "0123 89"):
            assert [row.id for row in work.order_table.page(query, limit=10).rows] == ["0123-4567-8901"]
        work.orders.anonymize(ann)
        assert [row.id for row in work.order_table.page("0123-4567-8901", limit=10).rows] == ["0123-4567-8901"]


def test_a_deleted_buyers_order_is_found_by_its_number_only(shop: Store) -> None:
    """With its hyphens and without; nothing of the buyer finds it."""
    ann = buyer_of(shop)
    order_id = order_of(shop, ann, 2, 1, OrderState.CANCELLED)
    with shop.write() as work:
        work.orders.anonymize(ann)
        work.commit()
    with shop.read() as work:
        for query in (order_id, order_id.replace("-", ""), order_id[:2]):
            assert [row.id for row in work.order_table.page(query, limit=10).rows] == [order_id]
        assert work.order_table.page("oxford", limit=10).rows == ()
        assert work.order_table.page("ann", limit=10).rows == ()
        with pytest.raises(OrderNotFound):
            work.orders.get("nonsense")


def test_ids_of_new_books_are_never_reused(store: Store) -> None:
    """From 1,000,000,000 upward, also after the book with the last one is deleted."""
    ids = []
    for _ in range(2):
        with store.write() as work:
            book_id = work.all_books.new_id(NOON + timedelta(days=1))
            work.books.put([Book(id=book_id, title="Made")])
            work.commit()
        ids.append(book_id)
        with store.write() as work:
            work.all_books.remove(book_id)
            work.commit()
    assert ids == [1_000_000_000, 1_000_000_001]


def test_the_search_text_has_a_space_before_every_word(shop: Store) -> None:
    """The migration writes the search text of existing books in the same form."""
    with shop.read() as work:
        rows = work._connection.execute(select(books_table.c.book_id, books_table.c.sought)).all()
    words = {row.book_id: row.sought for row in rows}
    assert words[1] == " the zebra ann quinn 9780441013593"
    assert words[2] == " emile"


def test_an_account_has_its_cart_and_its_rights(shop: Store) -> None:
    """One query returns both, for every page."""
    ann = buyer_of(shop)
    carts = Carts(shop, Activity(shop, wake=lambda: None))

    def account_flags() -> tuple[bool, bool]:
        with shop.read() as work:
            account = work.accounts.by_reader(ann)
        assert account
        return account.has_cart, account.is_moderator

    assert account_flags() == (False, False)
    carts.add(ann, 2, 1, "")
    promote(shop, ann)
    assert account_flags() == (True, True)
    carts.empty(ann)
    assert account_flags() == (False, True)
