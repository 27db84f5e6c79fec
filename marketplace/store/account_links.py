"""The table of links that were sent by mail."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from marketplace.domain.accounts import LINK_LIFETIMES, AccountLink, LinkPurpose
from marketplace.store.schema import account_links
from servicekit.database.statements import insert_into

_LINK = select(
    account_links.c.reader_id,
    account_links.c.purpose,
    account_links.c.email,
    account_links.c.created_at,
    account_links.c.expires_at,
).where(account_links.c.reader_id.is_not(None))


class StoredLinks:
    """The links of accounts, within one transaction.

    Lock the reader before changing their links.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(
        self, token_hash: str, reader_id: int | None, purpose: LinkPurpose, email: str, created_at: datetime
    ) -> None:
        """Store a link, which replaces the account's former one for this purpose; a decoy without a reader."""
        statement = insert_into(self._connection, account_links).values(
            token_hash=token_hash,
            reader_id=reader_id,
            purpose=purpose.value,
            email=email,
            created_at=created_at,
            expires_at=created_at + LINK_LIFETIMES[purpose],
        )
        new = {name: statement.excluded[name] for name in ("token_hash", "email", "created_at", "expires_at")}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[account_links.c.reader_id, account_links.c.purpose], set_=new
            )
        )

    def find(self, token_hash: str, purpose: LinkPurpose, moment: datetime) -> AccountLink | None:
        """The link with this token and purpose, if it has not expired at `moment`."""
        row = self._connection.execute(
            _LINK.where(
                account_links.c.token_hash == token_hash,
                account_links.c.purpose == purpose.value,
                account_links.c.expires_at > moment,
            )
        ).first()
        return None if row is None else _link(*row)

    def of(self, reader_id: int, moment: datetime) -> list[AccountLink]:
        """The links of an account that have not expired at `moment`."""
        rows = self._connection.execute(
            _LINK.where(account_links.c.reader_id == reader_id, account_links.c.expires_at > moment).order_by(
                account_links.c.purpose
            )
        )
        return [_link(*row) for row in rows]

    def remove(self, token_hash: str) -> None:
        """Delete a link."""
        self._connection.execute(delete(account_links).where(account_links.c.token_hash == token_hash))

    def remove_of(self, reader_id: int, *purposes: LinkPurpose) -> None:
        """Delete an account's links for these purposes."""
        names = [purpose.value for purpose in purposes]
        self._connection.execute(
            delete(account_links).where(account_links.c.reader_id == reader_id, account_links.c.purpose.in_(names))
        )

    def remove_expired(self, moment: datetime) -> None:
        """Delete the links that have expired, decoys too."""
        self._connection.execute(delete(account_links).where(account_links.c.expires_at <= moment))


def _link(reader_id: int, purpose: str, email: str, created_at: datetime, expires_at: datetime) -> AccountLink:
    return AccountLink(
        reader_id=reader_id,
        purpose=LinkPurpose(purpose),
        email=email,
        created_at=created_at,
        expires_at=expires_at,
    )
