"""Reads files as `import` does, without storing anything; prints what is understood."""

from collections.abc import Iterator
from pathlib import Path

from bookfiles.errors import InvalidFile
from bookfiles.form.rows import Row
from bookfiles.ids import Ids, UnsharedIds
from bookfiles.imports import numbered_books, numbered_interactions, read_file
from bookfiles.reading.books import read_books as read_book_rows
from bookfiles.reading.interactions import read_interactions as read_interaction_rows
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport
from recommendations.domain.books import Book
from recommendations.domain.interactions import Interaction
from recommendations.evaluation.interactions import Interactions
from recommendations.imports import interaction_of, updated_book


class InputFiles:
    """The files of one evaluation; ids that are no numbers are the same in all of them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._ids: Ids = UnsharedIds()

    def interactions(self, path: Path) -> Interactions:
        """Read the interactions of a file, in its order. Raises InvalidFile and TruncatedFile."""

        def batches() -> Iterator[list[Interaction]]:
            with read_file(path, self._options, read_interaction_rows, reject=_ignore) as reading:
                _check(reading.report)
                for batch in reading.records.batches():
                    yield list(map(interaction_of, numbered_interactions(batch, self._ids)))
                if reading.damage is not None:
                    raise reading.damage

        return Interactions.of(batches())

    def books(self, path: Path) -> dict[int, Book]:
        """Read the books of a file, by id. Raises InvalidFile and TruncatedFile."""
        books: dict[int, Book] = {}
        with read_file(path, self._options, read_book_rows, reject=_ignore) as reading:
            _check(reading.report)
            for batch in reading.records.batches():
                for book in numbered_books(batch, self._ids):
                    if (read := updated_book(book, None)) is not None:
                        books[book.id] = read
            if reading.damage is not None:
                raise reading.damage
        return books


def _ignore(_row: Row, _reason: str) -> None:
    pass


def _check(report: FileReport) -> None:
    report.echo()
    if report.good == 0:
        raise InvalidFile(f"{report.name}: no row could be read")
