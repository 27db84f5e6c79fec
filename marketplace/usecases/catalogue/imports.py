"""The import of a bookseller's catalogue and history."""

from collections.abc import Sequence
from pathlib import Path

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.ids import MAX_IMPORTED_ID
from marketplace.domain.interactions import InteractionKind
from marketplace.store import Store
from marketplace.usecases.catalogue.fields import layout
from servicekit import csvfields
from servicekit.csvfields import Fields
from servicekit.csvimport import Labels, Layout, check_csv, import_csv

_IGNORED_KINDS = {InteractionKind.SHOWN, InteractionKind.NOT_INTERESTED}

Pair = tuple[int, int]
"""A reader and a book in their history."""


class Importer:
    """Imports files into a store; rejected rows are written to the folder `rejects`."""

    def __init__(self, store: Store, *, rejects: Path) -> None:
        self._store = store
        self._rejects = rejects
        self._categories = Labels(Category)

    def run(self, books: Path | None, interactions: Path | None) -> None:
        """Import one or both files; prints progress and a report.

        Raises InvalidCsv before anything is stored, and TruncatedCsv after the complete rows of a truncated file.
        """
        if books is not None:
            check_csv(books, layout(self._categories))
        if interactions is not None:
            check_csv(interactions, _interactions())
        changed = 0
        try:
            if books is not None:
                report = import_csv(books, layout(self._categories), store=self._put_books, rejects=self._rejects)
                changed += report.changed
                self._categories.print_unknown(books, "categories")
            if interactions is not None:
                report = import_csv(interactions, _interactions(), store=self._add_history, rejects=self._rejects)
                changed += report.changed
        finally:
            with self._store.write() as work:
                work.books.recount_readers()
                work.commit()
        if changed:
            self._store.refresh_statistics()

    def _put_books(self, batch: list[Book]) -> int:
        with self._store.write() as work:
            changed = work.books.put(batch)
            work.commit()
        return len(changed)

    def _add_history(self, batch: Sequence[Pair | None]) -> int:
        with self._store.write() as work:
            new = work.history.add(pair for pair in batch if pair is not None)
            work.commit()
        return new


def _interactions() -> Layout[Pair | None]:
    return Layout(
        noun="interactions",
        required=("user_id", "book_id"),
        optional=csvfields.INTERACTION_COLUMNS,
        parse=_pair,
    )


def _pair(fields: Fields) -> Pair | None:
    reader_id = csvfields.identifier(fields, "user_id", maximum=MAX_IMPORTED_ID)
    book_id = csvfields.identifier(fields, "book_id", maximum=MAX_IMPORTED_ID)
    kind = csvfields.choice(fields, "kind", default=InteractionKind.PURCHASE)
    return None if kind in _IGNORED_KINDS else (reader_id, book_id)
