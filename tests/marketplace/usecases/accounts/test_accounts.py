"""Signing up, signing in, changing the password, and deleting an account."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from marketplace.domain.accounts import SESSION_LIFETIME, Account
from marketplace.domain.errors import EmailTaken, InvalidCredentials, StoreUnavailable, WrongPassword
from marketplace.domain.events import ReaderForgotten, ReadersMerged
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.store.schema import sessions, wishes
from marketplace.usecases.accounts.accounts import Accounts
from marketplace.usecases.accounts.passwords import Passwords
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import accounts_of
from tests.marketplace.stored import events_of

EMAIL, PASSWORD = "ann@example.com", "correct horse"


class InterruptedPasswords(Passwords):
    """Calls `after` each time a password has been verified."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.after: Callable[[], object] = lambda: None

    def matches(self, password_hash: str | None, password: str) -> bool:
        matched = super().matches(password_hash, password)
        self.after()
        return matched


@pytest.fixture
def accounts(store: Store) -> Accounts:
    """The use cases of accounts, on both databases."""
    return accounts_of(store)


def guest_of(store: Store) -> int:
    with store.write() as work:
        guest = work.readers.add(NOON)
        work.commit()
    return guest


def exists(store: Store, reader_id: int) -> bool:
    with store.read() as work:
        return work.readers.exists(reader_id)


def test_signing_in_after_signing_up(accounts: Accounts, store: Store) -> None:
    """The case of the e-mail makes no difference; the password is stored as a hash."""
    account = accounts.sign_up(NOBODY, " Ann@EXAMPLE.com ", PASSWORD)
    assert account.email == EMAIL
    assert account.password_hash.startswith("$argon2id$")
    assert accounts.sign_in(NOBODY, "ANN@example.com", PASSWORD) == account
    assert exists(store, account.reader_id)


def test_an_account_hides_its_secrets() -> None:
    """Its repr, which may get into logs, has neither the hash nor the key."""
    shown = repr(Account(reader_id=1, email=EMAIL, password_hash="HASH", session_key="KEY"))
    assert "HASH" not in shown
    assert "KEY" not in shown


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "correct horses"), ("bob@example.com", PASSWORD), ("", ""), (EMAIL, "")]
)
def test_a_wrong_password_is_rejected(accounts: Accounts, email: str, password: str) -> None:
    """An unknown e-mail gives the same error."""
    accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, email, password)


def test_signing_up_merges_the_guest(accounts: Accounts, store: Store) -> None:
    """The guest's history moves to the account, which has a new reader id, and the guest is deleted."""
    guest = guest_of(store)
    account = accounts.sign_up(guest, EMAIL, PASSWORD)
    assert account.reader_id != guest
    assert events_of(store) == [ReadersMerged(guest, account.reader_id)]
    assert not exists(store, guest)


def test_signing_in_merges_the_guest(accounts: Accounts, store: Store) -> None:
    """The guest's history moves to the account, once, and the guest is deleted."""
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    guest = guest_of(store)
    assert accounts.sign_in(guest, EMAIL, PASSWORD) == account
    assert accounts.sign_in(guest, EMAIL, PASSWORD) == account
    assert events_of(store) == [ReadersMerged(guest, account.reader_id)]
    assert not exists(store, guest)


def test_one_account_is_never_merged_into_another(accounts: Accounts, store: Store) -> None:
    """Signing in to another account leaves the first one as it was."""
    ann = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    bob = accounts.sign_up(ann.reader_id, "bob@example.com", PASSWORD)
    accounts.sign_in(bob.reader_id, EMAIL, PASSWORD)
    accounts.sign_in(ann.reader_id, EMAIL, PASSWORD)
    assert events_of(store) == []
    assert exists(store, ann.reader_id)
    assert exists(store, bob.reader_id)


def test_a_merge_that_fails_leaves_everything_as_it_was(accounts: Accounts, store: Store) -> None:
    """The account, the merge and the removal of the guest are one transaction."""
    guest = guest_of(store)
    with store.engine.begin() as connection:
        wishes.drop(connection)
    with pytest.raises(StoreUnavailable):
        accounts.sign_up(guest, EMAIL, PASSWORD)
    assert exists(store, guest)
    with store.read() as work:
        assert work.accounts.by_email(EMAIL) is None
        assert work.outbox.length().waiting == 0


def test_an_email_has_one_account(accounts: Accounts, store: Store) -> None:
    """The case makes no difference; a refused sign-up creates no reader."""
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(EmailTaken):
        accounts.sign_up(NOBODY, "ANN@Example.COM", "another password")
    assert not any(exists(store, account.reader_id + later) for later in (1, 2))


def test_concurrent_sign_ups_make_one_account(accounts: Accounts) -> None:
    """One of eight concurrent sign-ups succeeds, and the others fail with EmailTaken."""
    together = threading.Barrier(8)

    def sign_up(_number: int) -> str:
        together.wait()
        try:
            accounts.sign_up(NOBODY, EMAIL, PASSWORD)
        except EmailTaken:
            return "taken"
        return "made"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(sign_up, range(8))) == ["made"] + ["taken"] * 7


def test_changing_the_password_ends_the_other_sessions(accounts: Accounts) -> None:
    """The old password and the old key are no longer accepted."""
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    changed = accounts.change_password(account.reader_id, PASSWORD, "battery staple")
    assert accounts.signed_in(account.reader_id, account.session_key) is None
    assert accounts.signed_in(account.reader_id, changed.session_key) == changed
    assert accounts.sign_in(NOBODY, EMAIL, "battery staple") == changed
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, PASSWORD)


def test_signing_out_ends_one_session(accounts: Accounts) -> None:
    """Its key is no longer accepted; those of other browsers are."""
    here, there = accounts.sign_up(NOBODY, EMAIL, PASSWORD), accounts.sign_in(NOBODY, EMAIL, PASSWORD)
    assert accounts.signed_in(here.reader_id, here.session_key) == here
    accounts.sign_out(here.session_key)
    accounts.sign_out(here.session_key)
    assert accounts.signed_in(here.reader_id, here.session_key) is None
    assert accounts.signed_in(there.reader_id, there.session_key) == there


def test_signing_out_everywhere_ends_all_sessions_of_the_account(accounts: Accounts) -> None:
    """Those of other accounts stay."""
    here, there = accounts.sign_up(NOBODY, EMAIL, PASSWORD), accounts.sign_in(NOBODY, EMAIL, PASSWORD)
    other = accounts.sign_up(NOBODY, "bob@example.com", PASSWORD)
    accounts.sign_out_everywhere(here.reader_id)
    for session in (here, there):
        assert accounts.signed_in(session.reader_id, session.session_key) is None
    assert accounts.signed_in(other.reader_id, other.session_key) == other


def test_sessions_expire(store: Store) -> None:
    """A year after signing in; they are deleted when somebody signs in later."""
    moment = [NOON]
    accounts = Accounts(store, passwords=quick_passwords(), clock=lambda: moment[0])
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    moment[0] += SESSION_LIFETIME - timedelta(seconds=1)
    assert accounts.signed_in(account.reader_id, account.session_key) == account
    moment[0] += timedelta(seconds=1)
    assert accounts.signed_in(account.reader_id, account.session_key) is None
    accounts.sign_in(NOBODY, EMAIL, PASSWORD)
    with store.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(sessions)).scalar_one() == 1


def test_changing_the_password_needs_the_current_one(accounts: Accounts, store: Store) -> None:
    """A wrong current or an invalid new password, and guests, are refused, and nothing changes."""
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.change_password(account.reader_id, "wrong horse", "battery staple")
    with pytest.raises(InvalidCredentials):
        accounts.change_password(account.reader_id, PASSWORD, EMAIL.upper())
    with pytest.raises(WrongPassword):
        accounts.change_password(guest_of(store), PASSWORD, "battery staple")
    assert accounts.signed_in(account.reader_id, account.session_key) == account


@pytest.mark.parametrize("key", ["", "x", "é", "0" * 64])
def test_only_the_session_key_of_the_account_is_accepted(accounts: Accounts, store: Store, key: str) -> None:
    """Not for a guest or an unknown reader either."""
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    assert accounts.signed_in(account.reader_id, key) is None
    assert accounts.signed_in(guest_of(store), account.session_key) is None
    assert accounts.signed_in(account.reader_id + 500, account.session_key) is None


def test_deleting_an_account_needs_its_password(accounts: Accounts, store: Store) -> None:
    """The right password deletes the reader and the account, and the e-mail can be used again."""
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    for wrong in (None, "", "wrong horse"):
        with pytest.raises(WrongPassword):
            accounts.forget(account.reader_id, wrong)
    assert events_of(store) == []
    accounts.forget(account.reader_id, PASSWORD)
    assert events_of(store) == [ReaderForgotten(account.reader_id)]
    assert not exists(store, account.reader_id)
    assert accounts.signed_in(account.reader_id, account.session_key) is None
    assert accounts.sign_up(NOBODY, EMAIL, PASSWORD).reader_id != account.reader_id


def test_deleting_a_guest_needs_no_password(accounts: Accounts, store: Store) -> None:
    """A guest has none."""
    guest = guest_of(store)
    accounts.forget(guest, None)
    assert events_of(store) == [ReaderForgotten(guest)]
    assert not exists(store, guest)


def test_a_password_changed_between_check_and_write_is_noticed(store: Store) -> None:
    """A verified password that has just been changed allows neither a change, a sign-in nor a deletion."""
    passwords = InterruptedPasswords()
    accounts, others = accounts_of(store, passwords), accounts_of(store)
    account = others.sign_up(NOBODY, EMAIL, "password number 0")
    guest = guest_of(store)
    tries: list[Callable[[str], object]] = [
        lambda old: accounts.change_password(account.reader_id, old, "battery staple"),
        lambda old: accounts.sign_in(guest, EMAIL, old),
        lambda old: accounts.forget(account.reader_id, old),
    ]
    for number, attempt in enumerate(tries):
        old, new = f"password number {number}", f"password number {number + 1}"

        def change(old: str = old, new: str = new) -> None:
            others.change_password(account.reader_id, old, new)

        passwords.after = change
        with pytest.raises(WrongPassword):
            attempt(old)
    assert others.sign_in(NOBODY, EMAIL, f"password number {len(tries)}")
    assert exists(store, guest)


def test_use_cases_that_write_events_wake_the_relay(store: Store) -> None:
    """Signing up, merging a guest and deleting an account do; a failed sign-in does not."""
    wakes: list[None] = []
    accounts = Accounts(store, passwords=quick_passwords(), wake=lambda: wakes.append(None))
    account = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, "wrong horse")
    assert len(wakes) == 1
    accounts.sign_in(guest_of(store), EMAIL, PASSWORD)
    accounts.forget(account.reader_id, PASSWORD)
    assert len(wakes) == 3
