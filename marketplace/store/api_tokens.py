"""The table of the API's tokens."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from marketplace.domain.api_tokens import MAX_TOKENS, ApiToken, Scope
from marketplace.domain.errors import TokenNameTaken, TokenNotFound, TooManyTokens
from marketplace.store.schema import accounts, api_tokens
from servicekit.database.statements import insert_into

_TOKEN = select(api_tokens, accounts.c.email, accounts.c.is_moderator).join_from(
    api_tokens, accounts, accounts.c.reader_id == api_tokens.c.reader_id
)


class StoredTokens:
    """The API's tokens, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        name: str,
        secret_hash: str,
        scopes: Iterable[Scope],
        *,
        by: int,
        created_at: datetime,
        expires_at: datetime,
    ) -> int:
        """Store a token; returns its id. Raises TokenNameTaken and TooManyTokens."""
        if self._connection.execute(select(func.count()).select_from(api_tokens)).scalar_one() >= MAX_TOKENS:
            raise TooManyTokens
        statement = (
            insert_into(self._connection, api_tokens)
            .values(
                name=name,
                secret_hash=secret_hash,
                scopes=sorted(scope.value for scope in scopes),
                reader_id=by,
                created_at=created_at,
                expires_at=expires_at,
            )
            .on_conflict_do_nothing(index_elements=[api_tokens.c.name])
            .returning(api_tokens.c.token_id)
        )
        token_id = self._connection.execute(statement).scalar()
        if token_id is None:
            raise TokenNameTaken(name)
        return int(token_id)

    def all(self) -> list[ApiToken]:
        """All tokens, oldest first."""
        return [_token(row) for row in self._connection.execute(_TOKEN.order_by(api_tokens.c.token_id))]

    def get(self, token_id: int) -> ApiToken:
        """A token.

        Raises TokenNotFound.
        """
        return self.with_hash(token_id)[0]

    def with_hash(self, token_id: int) -> tuple[ApiToken, str]:
        """A token, and the hash of its secret.

        Raises TokenNotFound.
        """
        row = self._connection.execute(_TOKEN.where(api_tokens.c.token_id == token_id)).first()
        if row is None:
            raise TokenNotFound(f"no token {token_id}")
        return _token(row), row.secret_hash

    def lock(self, token_id: int) -> bool:
        """Keep a token from being revoked until the end of the transaction; False if there is no such token."""
        row = select(api_tokens.c.token_id).where(api_tokens.c.token_id == token_id)
        return self._connection.execute(row.with_for_update(key_share=True)).first() is not None

    def used(self, token_id: int, day: date) -> None:
        """Note the day on which a token was last used."""
        self._connection.execute(update(api_tokens).where(api_tokens.c.token_id == token_id).values(last_used_on=day))

    def remove(self, token_id: int) -> None:
        """Delete a token, with the answers that are kept for it."""
        self._connection.execute(delete(api_tokens).where(api_tokens.c.token_id == token_id))


def _token(row: Any) -> ApiToken:
    return ApiToken(
        id=row.token_id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        made_by=row.reader_id,
        maker_email=row.email,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_on=row.last_used_on,
        is_of_moderator=row.is_moderator,
    )
