"""The full-text search of each database."""

from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy import Connection, Select

from marketplace.store.search import postgresql, sqlite
from marketplace.store.search.query import Match


class FullText(Protocol):
    """The full text of the catalogue, and its vocabulary."""

    def known(self, words: Iterable[str]) -> dict[str, int]:
        """The words that the catalogue has, each with its number of books."""

    def similar(self, word: str, limit: int) -> dict[str, int]:
        """The words with most trigrams in common with `word`, each with its number of books."""

    def matching(self, selected: Select[Any], match: Match, *, in_names: bool) -> Select[Any]:
        """The selection limited to books that match, in title and authors alone if `in_names`."""


def full_text(connection: Connection, *, max_sorted: int) -> FullText:
    """The full text of the connection's database; see Listings for `max_sorted`."""
    if connection.dialect.name == "postgresql":
        return postgresql.FullText(connection)
    return sqlite.FullText(connection, max_sorted=max_sorted)
