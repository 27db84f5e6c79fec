"""The table of accounts."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.domain.accounts import Account
from marketplace.domain.errors import EmailTaken
from marketplace.store.schema import accounts, cart_lines, sessions
from servicekit.database.statements import insert_into, is_any_of

_ACCOUNT = select(
    accounts.c.reader_id,
    accounts.c.email,
    accounts.c.password_hash,
    accounts.c.is_moderator,
    accounts.c.language,
    accounts.c.email_confirmed_at,
    select(cart_lines.c.book_id).where(cart_lines.c.reader_id == accounts.c.reader_id).exists().label("has_cart"),
)


class StoredAccounts:
    """Accounts, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, account: Account, created_at: datetime) -> None:
        """Store a new account.

        Raises EmailTaken, also for a concurrent transaction.
        """
        statement = (
            insert_into(self._connection, accounts)
            .values(
                reader_id=account.reader_id,
                email=account.email,
                password_hash=account.password_hash,
                created_at=created_at,
                language=account.language,
            )
            .on_conflict_do_nothing(index_elements=[accounts.c.email])
            .returning(accounts.c.reader_id)
        )
        if self._connection.execute(statement).first() is None:
            raise EmailTaken

    def by_email(self, email: str) -> Account | None:
        """The account with this normalized e-mail."""
        return self._find(accounts.c.email == email)

    def by_reader(self, reader_id: int) -> Account | None:
        """The account of this reader; None for a guest."""
        return self._find(accounts.c.reader_id == reader_id)

    def emails(self, reader_ids: Iterable[int]) -> dict[int, str]:
        """The e-mails of the accounts of these readers."""
        of_these = is_any_of(self._connection, accounts.c.reader_id, reader_ids)
        rows = self._connection.execute(select(accounts.c.reader_id, accounts.c.email).where(of_these))
        return {row.reader_id: row.email for row in rows}

    def by_session(self, reader_id: int, session_key: str, moment: datetime) -> Account | None:
        """The account of this reader, if it has this session, not expired at `moment`."""
        session = sessions.c.session_key == session_key, sessions.c.reader_id == accounts.c.reader_id
        is_open = select(sessions.c.session_key).where(*session, sessions.c.expires_at > moment).exists()
        return self._find(and_(accounts.c.reader_id == reader_id, is_open))

    def set_password(self, reader_id: int, password_hash: str) -> None:
        """Store a new hash of a password."""
        statement = update(accounts).where(accounts.c.reader_id == reader_id)
        self._connection.execute(statement.values(password_hash=password_hash))

    def set_language(self, reader_id: int, language: str) -> None:
        """Store the language that an account has chosen."""
        self._connection.execute(update(accounts).where(accounts.c.reader_id == reader_id).values(language=language))

    def confirm_email(self, reader_id: int, email: str, moment: datetime) -> None:
        """Store an e-mail that its owner has confirmed.

        Raises EmailTaken, also for a concurrent transaction; this one must then be rolled back.
        """
        statement = update(accounts).where(accounts.c.reader_id == reader_id)
        try:
            self._connection.execute(statement.values(email=email, email_confirmed_at=moment))
        except IntegrityError:
            raise EmailTaken from None

    def set_moderator(self, reader_id: int, is_moderator: bool) -> None:
        """Give an account a moderator's rights, or take them away."""
        statement = update(accounts).where(accounts.c.reader_id == reader_id)
        self._connection.execute(statement.values(is_moderator=is_moderator))

    def moderators(self) -> list[Account]:
        """The accounts with a moderator's rights, by e-mail."""
        rows = self._connection.execute(_ACCOUNT.where(accounts.c.is_moderator).order_by(accounts.c.email))
        return [Account(**row) for row in rows.mappings()]

    def _find(self, condition: ColumnElement[bool]) -> Account | None:
        row = self._connection.execute(_ACCOUNT.where(condition)).mappings().first()
        return None if row is None else Account(**row)
