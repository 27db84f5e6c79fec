"""Accounts: signing up, signing in, changing the password, and deleting the account."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from marketplace.domain.accounts import (
    Account,
    normalized_email,
    normalized_password,
    validated_credentials,
    validated_password,
)
from marketplace.domain.errors import WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.activity import forget_reader, merge_readers
from marketplace.usecases.passwords import Passwords
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

    def sign_up(self, current_reader: int, email: str, password: str) -> Account:
        """Create an account, with the history of `current_reader` if that is a guest.

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
                session_key=_new_session_key(),
            )
            work.accounts.add(account, moment)
            _merge_guest(work, current_reader, account, moment)
            work.commit()
        self._wake()
        return account

    def sign_in(self, current_reader: int, email: str, password: str) -> Account:
        """The account with this e-mail and password, merged with `current_reader` if that is a guest.

        Raises StoreUnavailable, and WrongPassword, which takes as long for an unknown e-mail as for a known one.
        """
        password = normalized_password(password)
        normalized = normalized_email(email)
        with self._store.read() as work:
            account = work.accounts.by_email(normalized) if normalized else None
            is_guest = current_reader != NOBODY and _is_guest(work, current_reader)
        if not self._passwords.matches(account.password_hash if account else None, password) or account is None:
            raise WrongPassword
        is_outdated = self._passwords.is_outdated(account.password_hash)
        if not is_guest and not is_outdated:
            return account
        new_hash = self._passwords.hash(password) if is_outdated else account.password_hash
        moment = self._clock()
        with self._store.write() as work:
            _require_unchanged(work, account)
            if is_outdated:
                work.accounts.set_password(account.reader_id, new_hash, account.session_key)
            _merge_guest(work, current_reader, account, moment)
            work.commit()
        self._wake()
        return replace(account, password_hash=new_hash)

    def change_password(self, reader_id: int, old: str, new: str) -> Account:
        """Change the password and the session key, which ends all sessions but the caller's; returns the account.

        Raises WrongPassword, InvalidCredentials and StoreUnavailable.
        """
        account = self._verified(reader_id, old)
        new_hash = self._passwords.hash(validated_password(new, email=account.email))
        changed = replace(account, password_hash=new_hash, session_key=_new_session_key())
        with self._store.write() as work:
            _require_unchanged(work, account)
            work.accounts.set_password(reader_id, changed.password_hash, changed.session_key)
            work.commit()
        return changed

    def forget(self, reader_id: int, password: str | None) -> None:
        """Delete a reader's data; an account needs its password.

        Raises WrongPassword, OpenOrders, StillModerator and StoreUnavailable.
        """
        account = self._account(reader_id)
        if account is not None:
            account = self._verified(reader_id, password or "")
        moment = self._clock()
        with self._store.write() as work:
            if account is not None:
                _require_unchanged(work, account)
            forget_reader(work, reader_id, moment)
            work.commit()
        self._wake()

    def signed_in(self, reader_id: int, session_key: str) -> Account | None:
        """The account that a session cookie with this reader id and key belongs to.

        Raises StoreUnavailable.
        """
        account = self._account(reader_id)
        if account is None or not secrets.compare_digest(account.session_key.encode(), session_key.encode()):
            return None
        return account

    def _account(self, reader_id: int) -> Account | None:
        with self._store.read() as work:
            return work.accounts.by_reader(reader_id)

    def _verified(self, reader_id: int, password: str) -> Account:
        account = self._account(reader_id)
        if account is None or not self._passwords.matches(account.password_hash, normalized_password(password)):
            raise WrongPassword
        return account


def _merge_guest(work: UnitOfWork, guest: int, account: Account, moment: datetime) -> None:
    # Checked within the writing transaction, so that two concurrent sign-ins merge a guest once.
    if guest != NOBODY and _is_guest(work, guest):
        merge_readers(work, guest, account.reader_id, moment)


def _is_guest(work: UnitOfWork, reader_id: int) -> bool:
    return work.readers.exists(reader_id) and work.accounts.by_reader(reader_id) is None


def _require_unchanged(work: UnitOfWork, account: Account) -> None:
    # The password was verified before this transaction. If it has changed since, so has the session key.
    current = work.accounts.by_reader(account.reader_id)
    if current is None or current.session_key != account.session_key:
        raise WrongPassword


def _new_session_key() -> str:
    return secrets.token_hex(32)
