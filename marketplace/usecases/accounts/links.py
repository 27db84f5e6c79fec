"""What the links in mails are for: a forgotten password, and the confirmation and change of an e-mail address."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from marketplace.domain.accounts import (
    Account,
    AccountLink,
    LinkPurpose,
    normalized_email,
    token_hash,
    validated_password,
)
from marketplace.domain.errors import CredentialProblem, InvalidCredentials, LinkInvalid, NotSignedIn
from marketplace.domain.ids import MAX_ID, NOBODY
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.accounts.accounts import Accounts, merge_guest, require_unchanged, with_session
from marketplace.usecases.accounts.mail import notify, send_link
from marketplace.usecases.accounts.passwords import Passwords
from servicekit.clock import now

_NO_EVENT = 0


class AccountLinks:
    """The use cases of links in mails; `wake` is called after each commit that wrote an event."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        *,
        passwords: Passwords,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._passwords = passwords
        self._wake = wake
        self._clock = clock

    def request_reset(self, email: str) -> None:
        """Send a link that sets a new password to this normalized e-mail, if it has an account.

        Without one, the same statements write as much: a decoy instead of the link, and a mail that is deleted again
        in the same transaction. So neither the answer nor its time tells whether there is an account. Raises
        StoreUnavailable.
        """
        moment = self._clock()
        with self._store.write() as work:
            work.links.remove_expired(moment)
            account = work.accounts.by_email(email)
            is_known = work.readers.lock(account.reader_id if account else NOBODY)
            if account is None or not is_known:
                account = Account(reader_id=MAX_ID, email=email, password_hash="")
            sent = send_link(work, account, LinkPurpose.RESET, moment, to=email, is_decoy=not is_known)
            work.outbox.remove([_NO_EVENT if is_known else event_id for event_id in sent])
            work.commit()
        self._wake()

    def find(self, token: str, purpose: LinkPurpose) -> tuple[AccountLink, Account]:
        """The link with this token, and its account; changes nothing. Raises LinkInvalid and StoreUnavailable."""
        with self._store.read() as work:
            return _found(work, token, purpose, self._clock())

    def reset_password(self, current_reader: int, token: str, password: str) -> Account:
        """Use a link to set the password, which ends all sessions, and begin a new one.

        The other links of the account are deleted. Having the link proves access to the mailbox, so the address is
        confirmed too. `current_reader` is merged into the account if a guest. Raises LinkInvalid, InvalidCredentials,
        PasswordsBusy and StoreUnavailable.
        """
        link, _ = self.find(token, LinkPurpose.RESET)
        password_hash = self._passwords.hash(validated_password(password, email=link.email))
        moment = self._clock()
        with self._store.write() as work:
            _, account = _used(work, token, LinkPurpose.RESET, moment)
            work.accounts.set_password(account.reader_id, password_hash)
            if account.email_confirmed_at is None:
                work.accounts.confirm_email(account.reader_id, account.email, moment)
            work.links.remove_of(account.reader_id, *LinkPurpose)
            work.sessions.remove_of(account.reader_id)
            notify(work, account, "password_changed", moment)
            merge_guest(work, current_reader, account, moment)
            account = with_session(work, replace(account, password_hash=password_hash), moment)
            work.commit()
        self._wake()
        return account

    def unconfirmed(self, account: Account) -> str:
        """The address that the account is to be changed to, or else its own if it is not confirmed; "" if neither.

        Raises StoreUnavailable.
        """
        with self._store.read() as work:
            return _unconfirmed(work, account, self._clock())

    def send_confirmation(self, reader_id: int) -> None:
        """Send a new link to the address that is not confirmed, if there is one.

        Raises NotSignedIn and StoreUnavailable.
        """
        moment = self._clock()
        with self._store.write() as work:
            work.links.remove_expired(moment)
            work.readers.lock(reader_id)
            account = work.accounts.by_reader(reader_id)
            if account is None:
                raise NotSignedIn
            if email := _unconfirmed(work, account, moment):
                send_link(work, account, LinkPurpose.EMAIL, moment, to=email)
            work.commit()
        self._wake()

    def request_change(self, reader_id: int, password: str, email: str) -> None:
        """Send a link to another address, which becomes the account's once it is confirmed.

        Whether the address has an account is not looked up before that, so the answer cannot tell it. Raises
        WrongPassword, InvalidCredentials, PasswordsBusy and StoreUnavailable.
        """
        normalized = normalized_email(email)
        if normalized is None:
            raise InvalidCredentials(frozenset({CredentialProblem.EMAIL_MALFORMED}))
        account = self._accounts.verified(reader_id, password)
        if normalized == account.email:
            raise InvalidCredentials(frozenset({CredentialProblem.EMAIL_UNCHANGED}))
        moment = self._clock()
        with self._store.write() as work:
            work.links.remove_expired(moment)
            require_unchanged(work, account)
            send_link(work, account, LinkPurpose.EMAIL, moment, to=normalized)
            work.commit()
        self._wake()

    def confirm_email(self, current_reader: int, token: str) -> Account:
        """Use a link to confirm its address, and to change to it; then the old address is notified.

        Only the account itself may change its address: a mistyped one may be a stranger's. Raises LinkInvalid,
        NotSignedIn, EmailTaken and StoreUnavailable.
        """
        moment = self._clock()
        with self._store.write() as work:
            link, account = _used(work, token, LinkPurpose.EMAIL, moment)
            if link.email != account.email:
                if current_reader != account.reader_id:
                    raise NotSignedIn
                # They were sent to the old address.
                work.links.remove_of(account.reader_id, LinkPurpose.RESET)
                notify(work, account, "email_changed", moment)
            work.accounts.confirm_email(account.reader_id, link.email, moment)
            work.commit()
        self._wake()
        return replace(account, email=link.email, email_confirmed_at=moment)


def _unconfirmed(work: UnitOfWork, account: Account, moment: datetime) -> str:
    links = work.links.of(account.reader_id, moment)
    if pending := [link.email for link in links if link.purpose is LinkPurpose.EMAIL]:
        return pending[0]
    return "" if account.email_confirmed_at else account.email


def _used(work: UnitOfWork, token: str, purpose: LinkPurpose, moment: datetime) -> tuple[AccountLink, Account]:
    """The link and its account; the link is deleted. Raises LinkInvalid."""
    link, _ = _found(work, token, purpose, moment)
    work.readers.lock(link.reader_id)
    # Another request may have used or replaced it, or changed the account, before the lock.
    found = _found(work, token, purpose, moment)
    work.links.remove(token_hash(token))
    return found


def _found(work: UnitOfWork, token: str, purpose: LinkPurpose, moment: datetime) -> tuple[AccountLink, Account]:
    link = work.links.find(token_hash(token), purpose, moment)
    account = work.accounts.by_reader(link.reader_id) if link else None
    if link is None or account is None:
        raise LinkInvalid
    if purpose is LinkPurpose.RESET and link.email != account.email:
        raise LinkInvalid  # its address is not the account's any more
    return link, account
