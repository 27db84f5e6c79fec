"""Gives the records of files their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bookfiles.ids import IdKind, Ids
from bookfiles.reading.book_rows import BookRecord
from bookfiles.reading.interaction_rows import InteractionRecord


@dataclass(frozen=True, slots=True)
class FileBook:
    """A book of a file with its number; `external_id` is its id in the file if that is another one."""

    id: int
    external_id: str
    record: BookRecord


class FileInteraction(NamedTuple):
    """An interaction of a file with the numbers of its reader and book."""

    reader_id: int
    book_id: int
    kind: str
    value: float
    occurred_at: datetime | None
    id: str


def is_named(record: BookRecord) -> bool:
    """Whether a record has what a new book needs: a title, or an ISBN in its place."""
    return bool(record.values.get("title") or record.values.get("isbn"))


def numbered_books(batch: Sequence[BookRecord], ids: Ids) -> list[FileBook]:
    """The books with their numbers."""
    numbers = ids.numbers(IdKind.BOOK, _texts(record.id for record in batch))
    return [
        FileBook(record.id, "", record)
        if isinstance(record.id, int)
        else FileBook(numbers[record.id], record.id, record)
        for record in batch
    ]


def numbered_interactions(batch: Sequence[InteractionRecord], ids: Ids) -> list[FileInteraction]:
    """The interactions with the numbers of their readers and books."""
    readers = ids.numbers(IdKind.READER, _texts(record.reader for record in batch))
    books = ids.numbers(IdKind.BOOK, _texts(record.book for record in batch))
    return [
        FileInteraction(
            reader if isinstance(reader, int) else readers[reader],
            book if isinstance(book, int) else books[book],
            *(kind, value, occurred_at, given_id),
        )
        for reader, book, kind, value, occurred_at, given_id in batch
    ]


def _texts(ids: Iterable[int | str]) -> list[str]:
    return [given for given in ids if isinstance(given, str)]
