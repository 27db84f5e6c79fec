"""Full text by SQLite's FTS5."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, column, func, literal_column, select, table, text

from marketplace.store.schema import books, search_terms
from marketplace.store.search.query import Form, Match

_words = table("fts_words", column("rowid"))
_terms = table("fts_terms", column("rowid"))


class FullText:
    """The full text of a catalogue in SQLite."""

    def __init__(self, connection: Connection, *, few: int) -> None:
        self._connection = connection
        self._few = few

    def known(self, words: Iterable[str]) -> dict[str, int]:
        """Those words that the catalogue has, with the number of books that have each."""
        wanted: Select[Any] = select(column("value")).select_from(func.json_each(json.dumps(sorted(words))))
        terms = select(search_terms.c.term, search_terms.c.books).where(search_terms.c.term.in_(wanted))
        return {row.term: row.books for row in self._connection.execute(terms)}

    def like(self, word: str, limit: int) -> dict[str, int]:
        """Words that share most groups of three letters with `word`, with the number of books that have each."""
        padded = f" {word} "
        trigrams = " OR ".join(f'"{padded[at : at + 3]}"' for at in range(len(padded) - 2))
        near = (
            select(_terms.c.rowid)
            .where(literal_column("fts_terms").op("MATCH")(trigrams))
            .order_by(text("rank"))
            .limit(limit)
        )
        terms = select(search_terms.c.term, search_terms.c.books).where(search_terms.c.term_id.in_(near))
        return {row.term: row.books for row in self._connection.execute(terms)}

    def matching(self, chosen: Select[Any], match: Match, *, in_names: bool) -> Select[Any]:
        """Of books that are selected in some order, those that match; in title and authors alone where `in_names`."""
        expression = f"{{title authors}} : ({_expression(match)})" if in_names else _expression(match)
        matching = select(_words.c.rowid).where(literal_column("fts_words").op("MATCH")(expression))
        some = select(func.count()).select_from(matching.limit(self._few + 1).subquery())
        if self._connection.execute(some).scalar_one() <= self._few:
            return chosen.where(books.c.book_id.in_(matching))
        # The plus keeps SQLite from looking up book by book, to sort them all: it walks along the order's index.
        return chosen.where(literal_column("+books.book_id").in_(matching))


def _expression(match: Match) -> str:
    # Words are letters and digits only; the quotes keep AND, OR, NOT and NEAR words too.
    groups = ("(" + " OR ".join(map(_form, group)) + ")" for group in match.groups)
    return " AND ".join(groups)


def _form(form: Form) -> str:
    words = " AND ".join(f'"{word}"' for word in form.words)
    return f"({words}{'*' if form.is_beginning else ''})"
