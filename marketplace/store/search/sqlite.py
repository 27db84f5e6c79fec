"""Search by SQLite's FTS5."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, column, func, literal_column, select, table, text

from marketplace.store.schema import books, search_terms
from marketplace.store.search.query import Form, Match

_words = table("fts_words", column("rowid"))
_terms = table("fts_terms", column("rowid"))


class FullText:
    """The full text of a catalogue in SQLite; see dialects.FullText."""

    def __init__(self, connection: Connection, *, max_sorted: int) -> None:
        self._connection = connection
        self._max_sorted = max_sorted

    def known(self, words: Iterable[str]) -> dict[str, int]:
        values: Select[Any] = select(column("value")).select_from(func.json_each(json.dumps(sorted(words))))
        terms = select(search_terms.c.term, search_terms.c.books).where(search_terms.c.term.in_(values))
        return {row.term: row.books for row in self._connection.execute(terms)}

    def similar(self, word: str, limit: int) -> dict[str, int]:
        padded = f" {word} "
        trigrams = " OR ".join(f'"{padded[i : i + 3]}"' for i in range(len(padded) - 2))
        nearest = (
            select(_terms.c.rowid)
            .where(literal_column("fts_terms").op("MATCH")(trigrams))
            .order_by(text("rank"))
            .limit(limit)
        )
        terms = select(search_terms.c.term, search_terms.c.books).where(search_terms.c.term_id.in_(nearest))
        return {row.term: row.books for row in self._connection.execute(terms)}

    def matching(self, selected: Select[Any], match: Match, *, in_names: bool) -> Select[Any]:
        expression = f"{{title authors}} : ({_expression(match)})" if in_names else _expression(match)
        matching = select(_words.c.rowid).where(literal_column("fts_words").op("MATCH")(expression))
        count = select(func.count()).select_from(matching.limit(self._max_sorted + 1).subquery())
        if self._connection.execute(count).scalar_one() <= self._max_sorted:
            return selected.where(books.c.book_id.in_(matching))
        # The plus makes SQLite scan the index in the sort order instead of looking up and sorting the books.
        return selected.where(literal_column("+books.book_id").in_(matching))


def _expression(match: Match) -> str:
    # Folded words have only letters and digits; the quotes make AND, OR, NOT and NEAR plain words.
    groups = ("(" + " OR ".join(map(_form, group)) + ")" for group in match.groups)
    return " AND ".join(groups)


def _form(form: Form) -> str:
    words = " AND ".join(f'"{word}"' for word in form.words)
    return f"({words}{'*' if form.is_prefix else ''})"
