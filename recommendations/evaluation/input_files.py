"""Reading files in the formats of `import`, storing nothing."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import click

from recommendations.domain.books import Book, Category
from recommendations.evaluation.interactions import Interactions
from recommendations.imports import INTERACTIONS, books_layout
from servicekit.csvfile import Row
from servicekit.importing import BATCH, Labels, Layout, read_csv

T = TypeVar("T")


def read_interactions(path: Path) -> Interactions:
    """The interactions of a file in the order of its rows. Raises NotSuchACsv and EndsEarly."""
    return Interactions.of(_batches(_good_rows(path, INTERACTIONS)))


def read_books(path: Path) -> dict[int, Book]:
    """The books of a file by their ids. Raises NotSuchACsv and EndsEarly."""
    return {book.id: book for book in _good_rows(path, books_layout(Labels(Category)))}


def _batches(values: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(values, BATCH)):
        yield batch


def _good_rows(path: Path, layout: Layout[T]) -> Iterator[T]:
    refused = 0

    def refuse(row: Row, reason: str) -> None:
        nonlocal refused
        refused += 1
        if refused == 1:
            click.echo(f"{path.name}: line {row.line} cannot be used: {reason}", err=True)

    yield from read_csv(path, layout, refuse=refuse)
    if refused:
        click.echo(f"{path.name}: {refused:,} rows could not be used; `import` writes a rejects file", err=True)
