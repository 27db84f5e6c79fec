"""Histories and tasks small enough to be checked by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from recommendations.domain.interactions import Interaction, InteractionKind
from recommendations.evaluation.interactions import Interactions, ReaderBooks
from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import Vocabulary

Books = Mapping[int, Sequence[int]]
"""Each reader's books."""


def did(
    reader: int,
    book: int,
    kind: InteractionKind = InteractionKind.PURCHASE,
    value: float = 0.0,
    at: int | None = None,
) -> Interaction:
    """One interaction, `at` seconds after 1970."""
    moment = None if at is None else datetime.fromtimestamp(at, UTC)
    return Interaction(id="", reader_id=reader, book_id=book, kind=kind, value=value, occurred_at=moment)


def interactions(*rows: Interaction) -> Interactions:
    return Interactions.of([list(rows)])


def bought(books: Books) -> Interactions:
    """Purchases without times."""
    return interactions(*(did(reader, book) for reader, theirs in books.items() for book in theirs))


def reader_books(books: Books) -> ReaderBooks:
    """Sets of books by reader."""
    pairs = np.array([(reader, book) for reader, theirs in books.items() for book in theirs], dtype=np.int32)
    readers, ids = pairs.reshape(-1, 2).T
    return ReaderBooks.of(readers, ids)


def as_mapping(books: ReaderBooks) -> dict[int, list[int]]:
    """Sets of books by reader."""
    return {reader: books.of_reader(reader).tolist() for reader in books.readers.ids.tolist()}


def task(known: Books, wanted: Books, *, books: int, k: int = 3, liked: Books | None = None, seed: int = 7) -> Task:
    """A task with the books 1, 2, … `books`; known books are liked unless `liked` is given."""
    return Task(
        catalogue=Vocabulary(np.arange(1, books + 1, dtype=np.int32)),
        known=reader_books(known),
        liked=reader_books(known if liked is None else liked),
        wanted=reader_books(wanted),
        k=k,
        seed=seed,
    )
