"""Search by PostgreSQL's full text, and similar words by its extension pg_trgm."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    any_,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from marketplace.store.schema import search_terms
from marketplace.store.search.query import Form, Match

_MIN_SIMILARITY = "0.25"
"""The minimal share of common trigrams; two wrong letters in six leave about this."""


class FullText:
    """The full text of a catalogue in PostgreSQL; see dialects.FullText."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, words: Iterable[str]) -> dict[str, int]:
        any_word = any_(literal(sorted(words), ARRAY(Text)))
        terms = select(search_terms.c.term, search_terms.c.books).where(search_terms.c.term == any_word)
        return {row.term: row.books for row in self._connection.execute(terms)}

    def similar(self, word: str, limit: int) -> dict[str, int]:
        self._connection.execute(select(func.set_config("pg_trgm.similarity_threshold", _MIN_SIMILARITY, True)))
        terms = (
            select(search_terms.c.term, search_terms.c.books)
            .where(search_terms.c.term.op("%")(word))
            .order_by(func.similarity(search_terms.c.term, word).desc(), search_terms.c.term)
            .limit(limit)
        )
        return {row.term: row.books for row in self._connection.execute(terms)}

    def matching(self, selected: Select[Any], match: Match, *, in_names: bool) -> Select[Any]:
        words: ColumnElement[Any] = literal_column("book_search.fts_names" if in_names else "book_search.fts_words")
        return selected.where(words.op("@@")(cast(_expression(match), TSQUERY)))


def _expression(match: Match) -> str:
    # Folded words have only letters and digits, so nothing can end the quotes.
    groups = ("(" + " | ".join(map(_form, group)) + ")" for group in match.groups)
    return " & ".join(groups)


def _form(form: Form) -> str:
    words = " & ".join(f"'{word}'" for word in form.words)
    return f"({words}{':*' if form.is_prefix else ''})"
