"""Fetching the candidates of a search, the most popular ones if there are too many."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from marketplace.domain.books import Sort
from marketplace.store.listings import MAX_SORTED, sort_columns
from marketplace.store.schema import book_search, books
from marketplace.store.search.dialects import full_text
from marketplace.store.search.query import Group, Match
from marketplace.store.search.ranking import Candidate

_SEARCHED = books.join(book_search, books.c.book_id == book_search.c.book_id)
_WORDS = select(
    books.c.book_id,
    book_search.c.title,
    book_search.c.authors,
    book_search.c.subjects,
    book_search.c.isbn,
    books.c.sort_title,
    books.c.reader_count,
).select_from(_SEARCHED)
_IDS = select(books.c.book_id).select_from(_SEARCHED)
_TITLE_MATCHES = 48
"""If too many books match, this many whose title is the query come before more popular ones."""


class Candidates:
    """The books that a search ranks, within one transaction."""

    def __init__(self, connection: Connection, *, max_sorted: int = MAX_SORTED) -> None:
        self._connection = connection
        self.full_text = full_text(connection, max_sorted=max_sorted)

    def ids(self, match: Match, sort: Sort, limit: int) -> list[int]:
        """The first matching books in a sort order."""
        return list(self._connection.scalars(self._first(_IDS, match, sort, limit, in_names=False)))

    def best(self, match: Match, limit: int, *, title: str = "") -> list[Candidate]:
        """The matching books: first those that match in title and authors, each part by popularity.

        If there are too many, books whose title equals `title` come before all others.
        """
        names = self.in_names(match, limit)
        if len(names) < limit:
            return _distinct([*names, *self.anywhere(match, limit)])[:limit]
        same_title = (
            _WORDS.where(books.c.sort_title == title).order_by(*sort_columns(Sort.POPULAR)).limit(_TITLE_MATCHES)
        )
        return _distinct([*self._rows(same_title), *names])[:limit]

    def anywhere(self, match: Match, limit: int) -> list[Candidate]:
        """The most popular matching books."""
        return self._rows(self._first(_WORDS, match, Sort.POPULAR, limit, in_names=False))

    def in_names(self, match: Match, limit: int) -> list[Candidate]:
        """The most popular books that match in title and authors."""
        return self._rows(self._first(_WORDS, match, Sort.POPULAR, limit, in_names=True))

    def matching_some(self, groups: Sequence[Group], limit: int) -> list[Candidate]:
        """Books with all groups; if there are none, with all but one; if there are none, with any one."""
        all_but_one = [(*groups[:i], *groups[i + 1 :]) for i in range(len(groups))]
        for alternatives in ([groups], all_but_one, [(group,) for group in groups]):
            matches = [Match(tuple(required)) for required in alternatives if required]
            share = limit // max(len(matches), 1)
            if candidates := _distinct(book for match in matches for book in self.anywhere(match, share)):
                return candidates
        return []

    def sorted(self, ids: Sequence[int], sort: Sort) -> list[int]:
        """These books in a sort order."""
        statement = select(books.c.book_id).where(books.c.book_id.in_(ids)).order_by(*sort_columns(sort))
        return list(self._connection.scalars(statement))

    def _first(self, selected: Select[Any], match: Match, sort: Sort, limit: int, *, in_names: bool) -> Select[Any]:
        return self.full_text.matching(selected, match, in_names=in_names).order_by(*sort_columns(sort)).limit(limit)

    def _rows(self, statement: Select[Any]) -> list[Candidate]:
        return [Candidate(*row) for row in self._connection.execute(statement)]


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list({candidate.book_id: candidate for candidate in candidates}.values())
