"""The real reading histories in the folder that BOOK_DATA names; they are not part of the project."""

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


def amazon_book(skipped: str) -> BookData | None:
    """The Amazon-Book files, or None after a line which says that the benchmark `skipped` is skipped."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        click.echo(f"{skipped}: skipped: {VARIABLE} is not set; it names the folder that holds amazon-book/")
        return None
    folder = Path(named) / "amazon-book"
    files = BookData(folder / "books.csv", folder / "interactions.csv.gz")
    for path in (files.books, files.interactions):
        if not path.is_file():
            click.echo(f"{skipped}: skipped: {VARIABLE}={named} has no {path.relative_to(named)}")
            return None
    return files
