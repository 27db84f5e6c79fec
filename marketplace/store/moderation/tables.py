"""Pages of the moderators' tables, which may have millions of rows: searched, filtered and sorted."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from marketplace.domain.moderation import TablePage
from marketplace.domain.text import folded_words

MAX_ROWS = 5000
"""The rows that paging can reach; a moderator narrows the table or reverses its order to see others."""
MAX_FOUND_ROWS = 1000
"""The same when the table is searched."""
_MAX_SORTED = 5000
"""Up to this number the matching rows are sorted; for more, scanning an index in the sort order is faster."""
_MAX_SHORT_WORD = 2


def search_text(*texts: str) -> str:
    """The text by which rows are searched: the folded words of these texts, with a space before each."""
    return " ".join(["", *(word for text in texts for word in folded_words(text))])


def has_word(connection: Connection, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether a row's search text has a word that contains `word`, or begins with it if it is short or a number."""
    part = f" {word}" if len(word) <= _MAX_SHORT_WORD or word.isdigit() else word
    # SQLite's LIKE ignores case, which folded words do not need, and takes 1.5 times as long.
    is_sqlite = connection.dialect.name == "sqlite"
    return column.bool_op("GLOB")(f"*{part}*") if is_sqlite else column.contains(part)


def without_index(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """The column as an expression for which SQLite cannot use an index, so that it scans the index of search texts.

    Otherwise SQLite would use the column's own index and look up each of its many equal rows.
    """
    return column.concat("") if connection.dialect.name == "sqlite" else column


def page_of(
    connection: Connection,
    key: ColumnElement[Any],
    conditions: Sequence[ColumnElement[bool]],
    order: Iterable[ColumnElement[Any]],
    *,
    limit: int,
    offset: int,
    max_rows: int = MAX_ROWS,
) -> TablePage[Any]:
    """A page of the keys of the rows that meet the conditions; paging can reach the first `max_rows`."""
    matching = select(key).where(*conditions)
    # Counted before sorting, because PostgreSQL cannot estimate how common a word is.
    keys = connection.scalars(matching.limit(max(max_rows, _MAX_SORTED) + 1)).all()
    total, has_more = min(len(keys), max_rows), len(keys) > max_rows
    if offset >= total:
        return TablePage((), total, has_more)
    ordered: Select[Any] = select(key).where(key.in_(keys)) if conditions and len(keys) <= _MAX_SORTED else matching
    page = ordered.order_by(*order).limit(min(limit, total - offset)).offset(offset)
    return TablePage(tuple(connection.scalars(page)), total, has_more)
