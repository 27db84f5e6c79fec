"""How fast the shop finds books."""

import contextlib
import io
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from anyascii import anyascii
from sqlalchemy import text

from bench.data import databases
from bench.data.catalogue import GeneratedBook, make_books, write_books, write_interactions
from bench.load.queries import Query, milliseconds, print_milliseconds
from bookfiles.ids import UnsharedIds
from bookfiles.imports import Files
from marketplace.domain.books import Sort
from marketplace.domain.categories import Category
from marketplace.domain.text import slug
from marketplace.store import Store
from marketplace.usecases.catalogue.imports import Importer
from servicekit.table import print_table

BOOKS = 100_000
QUERIES = 100
"""Measured queries of each kind."""
_WARM_UP = 10
_PAGE = 24
_SUGGESTED = 8
_SORTS = (Sort.POPULAR, Sort.NEWEST, Sort.TITLE, Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING)


def run(count: int) -> None:
    """Print medians and 99th percentiles of every kind of query, on SQLite and on PostgreSQL."""
    books = make_books(count)
    kinds = _kinds(books)
    measured: dict[str, list[tuple[float, float]]] = {}
    imports = []
    with tempfile.TemporaryDirectory(prefix="bench-search-") as name:
        folder = Path(name)
        write_books(folder / "books.csv", books)
        write_interactions(folder / "interactions.csv", count)
        for database, store in databases.both(folder):
            seconds = _imported(store, folder)
            imports.append((database, f"{seconds:.1f}", f"{count / seconds:,.0f}", f"{_megabytes(store):.0f}"))
            measured[database] = [_measured(store, queries) for queries in kinds.values()]
    print_table(f"{count:,} generated books imported", ("database", "seconds", "books/s", "MB"), imports)
    print_milliseconds(f"{QUERIES} queries of each kind, one client", kinds, ("median", "p99"), measured)
    click.echo("Each query is one transaction: corrections, ranking and the cards of the first page.")


def _kinds(books: Sequence[GeneratedBook]) -> dict[str, list[Query]]:
    rng = random.Random(11)
    drawn = [rng.choice(books) for _ in range(QUERIES + _WARM_UP)]
    accented = [book for book in books if not book.title.isascii()]
    words = Counter(word for book in books for subject in book.subjects for word in subject.split() if len(word) > 2)
    common = words.most_common(1)[0][0]
    mix = {
        "title": [book.title for book in drawn],
        "two words of a title": [" ".join(book.title.split()[:2]) for book in drawn],
        "author": [book.author for book in drawn],
        "author's last name": [book.author.split()[-1] for book in drawn],
        "title and author": [f"{book.title} {book.author.split()[-1]}" for book in drawn],
        "subject": [book.subjects[0] for book in drawn],
        "ISBN": [book.isbn for book in drawn],
        "a typo in the title": [_mistyped(anyascii(book.title), rng) for book in drawn],
        "a typo in the author": [_mistyped(anyascii(book.author), rng) for book in drawn],
        "accented": [rng.choice(accented).title if accented else book.title for book in drawn],
        "a word of a third": [common for _ in drawn],
        "a word of a third, and the": [f"the {common} of" for _ in drawn],
        "a word of a third, and another": [f"{common} {book.title.split()[-1]}" for book in drawn],
        "only some of the words": [f"{book.title} {rng.choice(books).author}" for book in drawn],
        "nothing": ["".join(rng.choices("qxzwj", k=9)) for _ in drawn],
    }
    kinds: dict[str, list[Query]] = {kind: [_find(query) for query in queries] for kind, queries in mix.items()}
    for sort in _SORTS:
        kinds[f"a word of a third, by {sort.value}"] = [_find(common, sort) for _ in drawn]
    for letters in (2, 3, 5):
        kinds[f"suggestions after {letters} letters"] = [
            _suggest(rng.choice((book.title, book.author))[:letters]) for book in drawn
        ]
    kinds["suggestions after a typo"] = [_suggest(_mistyped(anyascii(book.author), rng)[:8]) for book in drawn]
    for sort in _SORTS:
        kinds[f"largest category, by {sort.value}"] = [
            _category(sort, 24 * (page % 50)) for page in range(len(drawn))
        ]
    kinds["author's page"] = [_author(book.author) for book in drawn]
    return kinds


def _find(query: str, sort: Sort = Sort.RELEVANCE) -> Query:
    return lambda work: work.search.find(query, sort=sort, limit=_PAGE)


def _suggest(beginning: str) -> Query:
    return lambda work: work.search.suggest(beginning, _SUGGESTED)


def _category(sort: Sort, offset: int) -> Query:
    return lambda work: work.listings.in_category(Category(0), sort, limit=_PAGE, offset=offset)


def _author(author: str) -> Query:
    return lambda work: work.listings.by_author(slug(author), Sort.POPULAR, limit=_PAGE)


def _mistyped(query: str, rng: random.Random) -> str:
    """The query with one letter of its longest word omitted, doubled, replaced or swapped with the next one."""
    word = max(query.split(), key=len)
    i = rng.randrange(1, max(len(word) - 1, 2))
    head, letter, tail = word[:i], word[i : i + 1], word[i + 1 :]
    typo = rng.choice(
        (
            head + tail,
            head + letter * 2 + tail,
            head + rng.choice("aeiou") + tail,
            head + tail[:1] + letter + tail[1:],
        )
    )
    return query.replace(word, typo, 1)


def _measured(store: Store, queries: Sequence[Query]) -> tuple[float, float]:
    times = milliseconds(store, queries)[_WARM_UP:]
    return float(np.median(times)), float(np.quantile(times, 0.99))


def _imported(store: Store, folder: Path) -> float:
    store.migrate()
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        Importer(store, UnsharedIds(), rejects=folder / "rejects").run(
            Files(books=folder / "books.csv", interactions=None)
        )
    seconds = time.perf_counter() - started
    with contextlib.redirect_stdout(io.StringIO()):
        Importer(store, UnsharedIds(), rejects=folder / "rejects").run(
            Files(books=None, interactions=folder / "interactions.csv")
        )
    return seconds


def _megabytes(store: Store) -> float:
    sqlite = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    sizing = sqlite if store.engine.dialect.name == "sqlite" else "SELECT pg_database_size(current_database())"
    with store.engine.connect() as connection:
        return float(connection.execute(text(sizing)).scalar_one()) / 1e6
