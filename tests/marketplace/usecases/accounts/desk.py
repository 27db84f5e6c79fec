"""Ann's account, and what the database has of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import event, select

from events.types import NoticeRequested
from marketplace.domain.accounts import Account, LinkPurpose
from marketplace.domain.errors import (
    LinkInvalid,
)
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.store.schema import account_links, metadata
from marketplace.usecases.accounts.accounts import Accounts
from marketplace.usecases.accounts.links import AccountLinks
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import notices_of

ANN, BOB, NEW = "ann@example.com", "bob@example.com", "new@example.com"
PASSWORD, OTHER = "correct horse", "battery staple"


class Desk:
    """Ann's account, the use cases, and a clock that the test sets; `woken` counts wake-ups."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.moment = NOON
        self.woken = 0
        passwords = quick_passwords()
        self.accounts = Accounts(store, passwords=passwords, wake=self._wake, clock=self._now)
        self.links = AccountLinks(store, self.accounts, passwords=passwords, wake=self._wake, clock=self._now)
        self.ann = self.accounts.sign_up(NOBODY, ANN, PASSWORD)
        self.woken = 0

    def account(self) -> Account:
        with self.store.read() as work:
            account = work.accounts.by_reader(self.ann.reader_id)
        assert account
        return account

    def mails(self) -> list[tuple[str, str]]:
        """Kind and address of the mails since Ann signed up."""
        return [(notice.kind, notice.to) for notice in notices_of(self.store)[1:]]

    def reset_token(self, email: str = ANN) -> str:
        self.links.request_reset(email)
        return self.last_token()

    def change_token(self, email: str = NEW) -> str:
        self.links.request_change(self.ann.reader_id, PASSWORD, email)
        return self.last_token()

    def last_token(self) -> str:
        return token_of(notices_of(self.store)[-1])

    def is_valid(self, token: str, purpose: LinkPurpose) -> bool:
        try:
            self.links.find(token, purpose)
        except LinkInvalid:
            return False
        return True

    def _wake(self) -> None:
        self.woken += 1

    def _now(self) -> datetime:
        return self.moment


def token_of(notice: NoticeRequested) -> str:
    """The token of the link in a mail."""
    return notice.path.partition("?token=")[2]


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The statements, commits and rollbacks of the block."""
    seen: list[str] = []
    listeners: list[tuple[str, Callable[..., None]]] = [
        ("before_cursor_execute", lambda _connection, _cursor, statement, *_rest: seen.append(statement)),
        ("commit", lambda _connection: seen.append("COMMIT")),
        ("rollback", lambda _connection: seen.append("ROLLBACK")),
    ]
    for name, listener in listeners:
        event.listen(store.engine, name, listener)
    yield seen
    for name, listener in listeners:
        event.remove(store.engine, name, listener)


def links_stored(store: Store) -> list[tuple[int | None, str, str]]:
    """Reader, purpose and address of the stored links."""
    columns = account_links.c.reader_id, account_links.c.purpose, account_links.c.email
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(account_links.c.created_at))]


def columns_with(store: Store, words: str) -> set[str]:
    """The columns of all tables that contain these words."""
    with store.engine.connect() as connection:
        return {
            f"{table.name}.{name}"
            for table in metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
            for name, value in row.items()
            if words in str(value)
        }
