"""Pages of long tables for moderators: searched, filtered, in any order, each in a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from marketplace.domain.text import folded_words, query_words

REACH = 5000
"""So many rows can be paged through; who wants another one narrows the table, or turns its order round."""
SEARCH_LIMIT = 1000
"""So many of those that were found by words."""
_FEW = 5000
"""So many rows are looked up one by one and put in order; of more, an index in that order is walked along."""
_SHORT = 2


@dataclass(frozen=True, slots=True)
class Chosen:
    """The keys of one page's rows, in order; `total` counts what paging can reach, `more` says that there is more."""

    keys: Sequence[Any]
    total: int
    has_more: bool


def sought(*texts: str) -> str:
    """What rows are found by: the folded words of these texts, with a blank before each."""
    return "".join(f" {word}" for text in texts for word in folded_words(text))


def sought_words(query: str) -> list[str]:
    """The words of what a moderator looks for."""
    return query_words(query)


def has_word(connection: Connection, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether what a row is found by has this folded word.

    A part of a word is enough, of numbers and of a letter or two its beginning.
    """
    part = f" {word}" if len(word) <= _SHORT or word.isdigit() else word
    # SQLite's LIKE folds letters, which are folded already, and takes half as long again.
    is_sqlite = connection.dialect.name == "sqlite"
    return column.bool_op("GLOB")(f"*{part}*") if is_sqlite else column.contains(part)


def scanned(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """The column, to be looked at in the index that is read from end to end for words.

    SQLite would rather walk along the column's own index, however many rows are alike, and look up each of them.
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
    reach: int = REACH,
    few: int = _FEW,
) -> Chosen:
    """The keys of the rows that meet the conditions, of at most `reach` of them."""
    matching = select(key).where(*conditions)
    # How many match is known before they are put in order: PostgreSQL cannot tell a rare word from a common one.
    found = connection.scalars(matching.limit(max(reach, few) + 1)).all()
    total = min(len(found), reach)
    if offset >= total:
        return Chosen((), total, len(found) > reach)
    ordered: Select[Any] = select(key).where(key.in_(found)) if conditions and len(found) <= few else matching
    page = ordered.order_by(*order).limit(min(limit, total - offset)).offset(offset)
    return Chosen(connection.scalars(page).all(), total, len(found) > reach)
