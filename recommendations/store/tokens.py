"""The callers' tokens."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from recommendations.domain.tokens import Scope, Token
from recommendations.store.schema import tokens


class Tokens:
    """The tokens table over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token) -> bool:
        """Store a token; returns False if there is one with that name. Needs a write transaction."""
        if self._connection.scalar(select(tokens.c.name).where(tokens.c.name == token.name)) is not None:
            return False
        self._connection.execute(
            insert(tokens).values(
                name=token.name, digest=token.digest, scopes=sorted(token.scopes), created_at=token.created_at
            )
        )
        return True

    def revoke(self, name: str) -> bool:
        """Delete a token; returns False if there is none with that name. Needs a write transaction."""
        return self._connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount > 0

    def all(self) -> Sequence[Token]:
        """All tokens, by name."""
        rows = self._connection.execute(select(tokens).order_by(tokens.c.name))
        return [Token(row.name, row.digest, frozenset(map(Scope, row.scopes)), row.created_at) for row in rows]
