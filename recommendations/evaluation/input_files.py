"""Reads files in the formats of `import`, without storing anything."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import click

from recommendations.domain.books import Book, Category
from recommendations.evaluation.interactions import Interactions
from recommendations.imports import INTERACTIONS, books_layout
from servicekit.csvfile import Row
from servicekit.csvimport import BATCH, Labels, Layout, read_csv

T = TypeVar("T")


def read_interactions(path: Path) -> Interactions:
    """Read the interactions of a file, in its order. Raises InvalidCsv and TruncatedCsv."""
    rows = _valid_rows(path, INTERACTIONS)
    return Interactions.of(iter(lambda: list(islice(rows, BATCH)), []))


def read_books(path: Path) -> dict[int, Book]:
    """Read the books of a file, by id. Raises InvalidCsv and TruncatedCsv."""
    return {book.id: book for book in _valid_rows(path, books_layout(Labels(Category)))}


def _valid_rows(path: Path, layout: Layout[T]) -> Iterator[T]:
    refused = 0

    def refuse(row: Row, reason: str) -> None:
        nonlocal refused
        refused += 1
        if refused == 1:
            click.echo(f"{path.name}: line {row.line} cannot be used: {reason}", err=True)

    yield from read_csv(path, layout, reject=refuse)
    if refused:
        click.echo(f"{path.name}: {refused:,} rows could not be used; `import` writes a rejects file", err=True)
