"""Real reading histories in the folder that BOOK_DATA names; they are not part of the project."""

import os
from dataclasses import dataclass
from pathlib import Path

import click

VARIABLE = "BOOK_DATA"


@dataclass(frozen=True)
class BookData:
    """The two files of one data set."""

    books: Path
    interactions: Path


def amazon_book(benchmark: str) -> BookData | None:
    """The Amazon-Book files; without them, None after printing that the benchmark `benchmark` is skipped."""
    root = os.environ.get(VARIABLE, "")
    if not root:
        click.echo(f"{benchmark}: skipped: {VARIABLE} is not set; it names the folder that holds amazon-book/")
        return None
    folder = Path(root) / "amazon-book"
    files = BookData(folder / "books.csv", folder / "interactions.csv.gz")
    for path in (files.books, files.interactions):
        if not path.is_file():
            click.echo(f"{benchmark}: skipped: {VARIABLE}={root} has no {path.relative_to(root)}")
            return None
    return files
