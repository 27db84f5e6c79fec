"""How fast the admin tables of a hundred thousand books and orders are."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
from sqlalchemy import insert, update

from bench.data import databases
from bench.data.catalogue import GeneratedBook, make_books
from bench.load.queries import Query, milliseconds, print_milliseconds
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.moderation import BookColumn, BookFilter, OrderColumn
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState, new_order_id
from marketplace.domain.text import folded_words
from marketplace.store import Store, UnitOfWork
from marketplace.store.moderation.tables import MAX_FOUND_ROWS, MAX_ROWS, search_text
from marketplace.store.schema import books as books_table
from marketplace.store.schema import orders as orders_table

COUNT = 100_000
_BATCH = 10_000
_ROUNDS = 5
"""Pages of each filter in each sort order."""
_WARM_UP = 2
_PAGE = 50
_STATES = (*[OrderState.DELIVERED] * 80, *[OrderState.SHIPPED] * 6, *[OrderState.CANCELLED] * 8, *list(OrderState))


def run(count: int) -> None:
    """Print medians and 99th percentiles of every kind of page, on SQLite and on PostgreSQL."""
    books = make_books(count)
    kinds = {**_books(books), **_orders(books)}
    measured: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-moderator-") as folder:
        for database, store in databases.both(Path(folder)):
            _fill(store, books)
            measured[database] = [_measured(store, queries) for queries in kinds.values()]
    title = f"Pages of {_PAGE} of {count:,} books and {count:,} orders, one client"
    print_milliseconds(title, kinds, ("median", "p99", "max"), measured)
    click.echo("Each page is one transaction that counts and reads rows: every filter in every sort order.")


def _books(books: Sequence[GeneratedBook]) -> dict[str, list[Query]]:
    rng = random.Random(11)
    words = Counter(word for book in books for word in folded_words(f"{book.title} {book.author}") if len(word) > 2)
    common = words.most_common(1)[0][0]
    drawn = [rng.choice(books) for _ in range(_ROUNDS)]
    searches = {
        "": [""],
        ", a common word": [common],
        ", a letter": [common[0], "a", "s"],
        ", a rare word": [book.title.split()[-1] for book in drawn],
        ", title and author": [f"{book.title} {book.author}" for book in drawn],
        ", an ISBN": [book.isbn for book in drawn],
        ", an id": [str(rng.randint(1, len(books))) for _ in drawn],
        ", nothing": ["".join(rng.choices("qxzwj", k=9)) for _ in drawn],
    }
    return _pages(
        "books",
        searches,
        rng,
        filters=list(BookFilter),
        columns=list(BookColumn),
        table=lambda work: work.all_books.table,
    )


def _orders(books: Sequence[GeneratedBook]) -> dict[str, list[Query]]:
    rng = random.Random(12)
    drawn = [rng.choice(books) for _ in range(_ROUNDS)]
    searches = {
        "": [""],
        ", a common word": ["example", "oxford"],
        ", a letter": ["e", "o"],
        ", a rare name": [book.author for book in drawn],
        ", a part of a number": ["".join(rng.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=4)) for _ in drawn],
        ", nothing": ["".join(rng.choices("qxzwj", k=9)) for _ in drawn],
    }
    states = (None, OrderState.DELIVERED, OrderState.SHIPPED, OrderState.PAID)
    return _pages(
        "orders", searches, rng, filters=states, columns=list(OrderColumn), table=lambda work: work.order_table.page
    )


def _pages(
    name: str,
    searches: Mapping[str, Sequence[str]],
    rng: random.Random,
    *,
    filters: Sequence[object],
    columns: Sequence[object],
    table: Callable[[UnitOfWork], Callable[..., object]],
) -> dict[str, list[Query]]:
    """Queries for pages of a table by the kind of search, with every filter in every sort order."""

    def page(text: str, show: object, by: object, *, descending: bool, last: bool) -> Query:
        offset = (MAX_FOUND_ROWS if text else MAX_ROWS) - _PAGE if last else 0
        return lambda work: table(work)(text, show, by=by, descending=descending, limit=_PAGE, offset=offset)

    return {
        f"{name}{kind}{', the last page' if last else ''}": [
            page(rng.choice(texts), show, by, descending=descending, last=last)
            for show in filters
            for by in columns
            for descending in (False, True)
            for _ in range(_ROUNDS)
        ]
        for kind, texts in searches.items()
        for last in (False, True)
        if not last or kind in {"", ", a common word", ", a letter"}
    }


def _measured(store: Store, queries: Sequence[Query]) -> tuple[float, float, float]:
    times = milliseconds(store, [*queries[:_WARM_UP], *queries])[_WARM_UP:]
    return float(np.median(times)), float(np.quantile(times, 0.99)), float(times.max())


def _fill(store: Store, books: Sequence[GeneratedBook]) -> None:
    store.migrate()
    with click.progressbar(length=2 * len(books), label=f"filling {store.engine.dialect.name}") as bar:
        for at in range(0, len(books), _BATCH):
            numbered = list(enumerate(books))[at : at + _BATCH]
            with store.write() as work:
                work.books.put([_book(number, book) for number, book in numbered])
                work.commit()
            bar.update(len(numbered))
        for at in range(0, len(books), _BATCH):
            numbered = list(enumerate(books))[at : at + _BATCH]
            with store.engine.begin() as connection:
                connection.execute(insert(orders_table), [_order(number, book) for number, book in numbered])
            bar.update(len(numbered))
    with store.engine.begin() as connection:
        counted = update(books_table).values(reader_count=books_table.c.book_id * 7919 % 5003)
        connection.execute(counted)
    with store.write() as work:
        for book_id in range(1, len(books), 100):
            work.all_books.hide(work.all_books.lock(book_id).book)
        work.commit()
    store.refresh_statistics()


def _book(number: int, book: GeneratedBook) -> Book:
    return Book(
        id=number + 1,
        title=book.title,
        authors=(book.author,),
        year=1900 + number % 126,
        isbn=book.isbn,
        categories=(Category(number % len(Category)),),
        subjects=book.subjects,
        description=f"{book.title} {' '.join(book.subjects)}. " * 12,
        price=Money(199 + number * 7919 % 4800, "EUR"),
        # One in twenty is sold out; the stock of one in three is not tracked.
        stock=None if number % 3 == 0 else 0 if number % 20 == 1 else number * 31 % 200,
    )


def _order(number: int, book: GeneratedBook) -> dict[str, object]:
    order_id = new_order_id()
    name, city = book.author, ("Oxford", "Köln", "Zürich", "Lyon")[number % 4]
    email = f"{'.'.join(folded_words(name))}{number}@example.com"
    numbers = f" {order_id.lower()} {order_id.replace('-', '').lower()}"
    placed_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    texts = dict.fromkeys(("street", "region", "postal_code"), "")
    return {
        **texts,
        "order_id": order_id,
        "email": email,
        "name": name,
        "city": city,
        "country": "GB",
        "total_minor": 500 + number * 7919 % 20_000,
        "currency": "EUR",
        "state": _STATES[number * 37 % len(_STATES)].value,
        "placed_at": placed_at,
        "asked_at": placed_at,
        "checkout_key": str(number),
        "checkout_digest": "",
        "sought": numbers + search_text(email, name, city),
    }
