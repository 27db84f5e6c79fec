"""Accounts: signing up, signing in, changing the password, and deleting the account."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from events.types import ReaderRegistered
from marketplace.domain.accounts import (
    SESSION_LIFETIME,
    Account,
    LinkPurpose,
    normalized_email,
    normalized_password,
    validated_credentials,
    validated_password,
)
from marketplace.domain.errors import PasswordsBusy, WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.accounts.mail import notify, send_link
from marketplace.usecases.accounts.passwords import Passwords
from marketplace.usecases.activity import forget_reader, merge_readers
from servicekit.clock import now


class Accounts:
    """The use cases of accounts; `wake` is called after each commit that wrote an event.

    Passwords are hashed and verified outside transactions: that takes 50 ms or more, and SQLite has one writer.
    """

    def __init__(
        self,
        store: Store,
        *,
        passwords: Passwords,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._wake = wake
        self._clock = clock

    def sign_up(self, current_reader: int, email: str, password: str, *, language: str | None = None) -> Account:
        """Create an account, with the history of `current_reader` if that is a guest, and with this language.

        It gets a new reader id: a copy of the guest's cookie must not give access to the account. Raises
        InvalidCredentials, EmailTaken and StoreUnavailable.
        """
        email, password = validated_credentials(email, password)
        password_hash = self._passwords.hash(password)
        moment = self._clock()
        with self._store.write() as work:
            account = Account(
                reader_id=work.readers.add(moment),
                email=email,
                password_hash=password_hash,
                language=language,
            )
            work.accounts.add(account, moment)
            work.outbox.publish(ReaderRegistered(reader_id=account.reader_id), at=moment)
            send_link(work, account, LinkPurpose.EMAIL, moment, to=email)
            merge_guest(work, current_reader, account, moment)
            account = with_session(work, account, moment)
            work.commit()
        self._wake()
        return account

    def sign_in(self, current_reader: int, email: str, password: str) -> Account:
        """Begin a session of the account with this e-mail and password, merged with `current_reader` if a guest.

        Raises StoreUnavailable, PasswordsBusy, and WrongPassword, which takes as long for an unknown e-mail as for a
        known one.
        """
        password = normalized_password(password)
        normalized = normalized_email(email)
        while True:
            with self._store.read() as work:
                account = work.accounts.by_email(normalized) if normalized else None
            if not self._passwords.matches(account.password_hash if account else None, password) or account is None:
                raise WrongPassword
            current_hash = self._rehashed(account, password)
            moment = self._clock()
            with self._store.write() as work:
                # If another request has changed the hash since, verify the password again.
                if _is_unchanged(work, account):
                    if current_hash != account.password_hash:
                        work.accounts.set_password(account.reader_id, current_hash)
                    merge_guest(work, current_reader, account, moment)
                    account = with_session(work, replace(account, password_hash=current_hash), moment)
                    work.commit()
                    break
        self._wake()
        return account

    def sign_out(self, session_key: str) -> None:
        """End a session: no copy of its cookie is accepted any more. Raises StoreUnavailable."""
        with self._store.write() as work:
            work.sessions.remove(session_key)
            work.commit()

    def sign_out_everywhere(self, reader_id: int) -> None:
        """End all sessions of an account. Raises StoreUnavailable."""
        with self._store.write() as work:
            work.sessions.remove_of(reader_id)
            work.commit()

    def change_password(self, reader_id: int, old: str, new: str) -> Account:
        """Change the password, which ends all sessions, and begin a new one.

        Raises WrongPassword, InvalidCredentials, PasswordsBusy and StoreUnavailable.
        """
        account = self.verified(reader_id, old)
        new_hash = self._passwords.hash(validated_password(new, email=account.email))
        moment = self._clock()
        with self._store.write() as work:
            require_unchanged(work, account)
            work.accounts.set_password(reader_id, new_hash)
            work.sessions.remove_of(reader_id)
            work.links.remove_of(reader_id, LinkPurpose.RESET)
            notify(work, account, "password_changed", moment)
            changed = with_session(work, replace(account, password_hash=new_hash), moment)
            work.commit()
        self._wake()
        return changed

    def choose_language(self, reader_id: int, language: str) -> None:
        """Store the language of an account's pages and mails. Raises StoreUnavailable."""
        with self._store.write() as work:
            work.accounts.set_language(reader_id, language)
            work.commit()

    def forget(self, reader_id: int, password: str | None) -> None:
        """Delete a reader's data; an account needs its password.

        Raises WrongPassword, OpenOrders, StillModerator and StoreUnavailable.
        """
        account = self._account(reader_id)
        if account is not None:
            account = self.verified(reader_id, password or "")
        moment = self._clock()
        with self._store.write() as work:
            if account is not None:
                require_unchanged(work, account)
            forget_reader(work, reader_id, moment)
            work.commit()
        self._wake()

    def signed_in(self, reader_id: int, session_key: str) -> Account | None:
        """The account that a session cookie with this reader id and key belongs to, None if the session has ended.

        Raises StoreUnavailable.
        """
        with self._store.read() as work:
            return work.accounts.by_session(reader_id, session_key, self._clock())

    def verified(self, reader_id: int, password: str) -> Account:
        """The reader's account, if this is its password.

        Raises WrongPassword, PasswordsBusy and StoreUnavailable.
        """
        account = self._account(reader_id)
        if account is None or not self._passwords.matches(account.password_hash, normalized_password(password)):
            raise WrongPassword
        return account

    def _account(self, reader_id: int) -> Account | None:
        with self._store.read() as work:
            return work.accounts.by_reader(reader_id)

    def _rehashed(self, account: Account, password: str) -> str:
        # Without a place to hash, the next sign-in does it.
        if self._passwords.is_outdated(account.password_hash):
            with suppress(PasswordsBusy):
                return self._passwords.hash(password)
        return account.password_hash


def merge_guest(work: UnitOfWork, guest: int, account: Account, moment: datetime) -> None:
    """Merge the reader into the account if they are a guest."""
    # Checked within the writing transaction, so that two concurrent sign-ins merge a guest once.
    if guest != NOBODY and _is_guest(work, guest):
        merge_readers(work, guest, account.reader_id, moment)


def _is_guest(work: UnitOfWork, reader_id: int) -> bool:
    return work.readers.exists(reader_id) and work.accounts.by_reader(reader_id) is None


def require_unchanged(work: UnitOfWork, account: Account) -> None:
    """Lock the account. Raises WrongPassword if its password is not the one that was verified."""
    if not _is_unchanged(work, account):
        raise WrongPassword


def _is_unchanged(work: UnitOfWork, account: Account) -> bool:
    # The password was verified before this transaction. The lock keeps others from changing it before the commit.
    work.readers.lock(account.reader_id)
    current = work.accounts.by_reader(account.reader_id)
    return current is not None and current.password_hash == account.password_hash


def with_session(work: UnitOfWork, account: Account, moment: datetime) -> Account:
    """The account with the key of a new session."""
    session_key = secrets.token_hex(32)
    work.sessions.remove_expired(moment)
    work.sessions.add(session_key, account.reader_id, moment + SESSION_LIFETIME)
    return replace(account, session_key=session_key)
