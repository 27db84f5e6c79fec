"""What each database does in its own way: full text, and words that are alike."""

from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy import Connection, Select

from marketplace.store.search import postgresql, sqlite
from marketplace.store.search.query import Match


class FullText(Protocol):
    """The full text of the catalogue, and its vocabulary."""

    def known(self, words: Iterable[str]) -> dict[str, int]:
        """Those words that the catalogue has, with the number of books that have each."""

    def like(self, word: str, limit: int) -> dict[str, int]:
        """Words that share most groups of three letters with `word`, with the number of books that have each."""

    def matching(self, chosen: Select[Any], match: Match, *, in_names: bool) -> Select[Any]:
        """Of books that are selected in some order, those that match; in title and authors alone where `in_names`."""


def full_text(connection: Connection, *, few: int) -> FullText:
    """The full text of the connection's database; SQLite sorts up to `few` books itself."""
    if connection.dialect.name == "postgresql":
        return postgresql.FullText(connection)
    return sqlite.FullText(connection, few=few)
