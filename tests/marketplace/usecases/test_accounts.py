"""Signing up, signing in, changing the password, and deleting an account, over a real store."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from marketplace.domain.accounts import Account
from marketplace.domain.errors import EmailTaken, InvalidCredentials, StoreUnavailable, WrongPassword
from marketplace.domain.events import ReaderForgotten, ReadersMerged
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.store.schema import wishes
from marketplace.usecases.accounts import Accounts
from marketplace.usecases.passwords import Passwords
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import events_of

EMAIL, PASSWORD = "ann@example.com", "correct horse"


class InterruptedPasswords(Passwords):
    """Calls `after` each time a password was verified."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.after: Callable[[], object] = lambda: None

    def matches(self, password_hash: str | None, password: str) -> bool:
        matched = super().matches(password_hash, password)
        self.after()
        return matched


def use_cases(store: Store, passwords: Passwords | None = None) -> Accounts:
    return Accounts(store, passwords=passwords or quick_passwords(), clock=lambda: NOON)


@pytest.fixture
def accounts(store: Store) -> Accounts:
    """The accounts of a shop, on both databases."""
    return use_cases(store)


def guest_of(store: Store) -> int:
    with store.write() as work:
        guest = work.readers.add(NOON)
        work.commit()
    return guest


def exists(store: Store, reader_id: int) -> bool:
    with store.read() as work:
        return work.readers.exists(reader_id)


def test_signing_in_after_signing_up(accounts: Accounts, store: Store) -> None:
    """The same account, from any other browser, by an e-mail in any letters; the password is kept as a hash."""
    made = accounts.sign_up(NOBODY, " Ann@EXAMPLE.com ", PASSWORD)
    assert made.email == EMAIL
    assert made.password_hash.startswith("$argon2id$")
    assert accounts.sign_in(NOBODY, "ANN@example.com", PASSWORD) == made
    assert exists(store, made.reader_id)


def test_an_account_shows_no_secrets() -> None:
    """Its repr, in logs and tracebacks, has neither the hash nor the key."""
    shown = repr(Account(reader_id=1, email=EMAIL, password_hash="HASH", session_key="KEY"))
    assert "HASH" not in shown
    assert "KEY" not in shown


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "correct horses"), ("bob@example.com", PASSWORD), ("", ""), (EMAIL, "")]
)
def test_a_wrong_password_is_rejected(accounts: Accounts, email: str, password: str) -> None:
    """Like an unknown e-mail, with the same error."""
    accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, email, password)


def test_signing_up_merges_the_guest(accounts: Accounts, store: Store) -> None:
    """What the guest did goes to a reader made with the account, and the guest, whose cookie has copies, is gone."""
    guest = guest_of(store)
    made = accounts.sign_up(guest, EMAIL, PASSWORD)
    assert made.reader_id != guest
    assert events_of(store) == [ReadersMerged(guest, made.reader_id)]
    assert not exists(store, guest)


def test_signing_in_merges_the_guest(accounts: Accounts, store: Store) -> None:
    """What the guest did goes to the account, once, and the guest is gone."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    guest = guest_of(store)
    assert accounts.sign_in(guest, EMAIL, PASSWORD) == made
    assert accounts.sign_in(guest, EMAIL, PASSWORD) == made
    assert events_of(store) == [ReadersMerged(guest, made.reader_id)]
    assert not exists(store, guest)


def test_one_account_is_never_merged_into_another(accounts: Accounts, store: Store) -> None:
    """Who signs in as somebody else leaves their first account as it was."""
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
    """In whatever letters, the second one is refused, and leaves no reader behind."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(EmailTaken):
        accounts.sign_up(NOBODY, "ANN@Example.COM", "another password")
    assert not any(exists(store, made.reader_id + later) for later in (1, 2))


def test_concurrent_sign_ups_make_one_account(accounts: Accounts) -> None:
    """Of eight concurrent sign-ups one succeeds, and the others fail with EmailTaken."""
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
    """The old password and the old key are worth nothing from then on, the new ones work."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    changed = accounts.change_password(made.reader_id, PASSWORD, "battery staple")
    assert accounts.signed_in(made.reader_id, made.session_key) is None
    assert accounts.signed_in(made.reader_id, changed.session_key) == changed
    assert accounts.sign_in(NOBODY, EMAIL, "battery staple") == changed
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, PASSWORD)


def test_changing_the_password_needs_the_current_one(accounts: Accounts, store: Store) -> None:
    """A wrong old one, an unfit new one, and a guest are refused, and nothing changes."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.change_password(made.reader_id, "wrong horse", "battery staple")
    with pytest.raises(InvalidCredentials):
        accounts.change_password(made.reader_id, PASSWORD, EMAIL.upper())
    with pytest.raises(WrongPassword):
        accounts.change_password(guest_of(store), PASSWORD, "battery staple")
    assert accounts.signed_in(made.reader_id, made.session_key) == made


@pytest.mark.parametrize("key", ["", "x", "é", "0" * 64])
def test_only_the_session_key_of_the_account_is_accepted(accounts: Accounts, store: Store, key: str) -> None:
    """Neither another key, nor a guest, nor a reader that there is not."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    assert accounts.signed_in(made.reader_id, key) is None
    assert accounts.signed_in(guest_of(store), made.session_key) is None
    assert accounts.signed_in(made.reader_id + 500, made.session_key) is None


def test_deleting_an_account_needs_its_password(accounts: Accounts, store: Store) -> None:
    """A wrong or no password is refused; the right one deletes the reader, the account, and frees the e-mail."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    for wrong in (None, "", "wrong horse"):
        with pytest.raises(WrongPassword):
            accounts.forget(made.reader_id, wrong)
    assert events_of(store) == []
    accounts.forget(made.reader_id, PASSWORD)
    assert events_of(store) == [ReaderForgotten(made.reader_id)]
    assert not exists(store, made.reader_id)
    assert accounts.signed_in(made.reader_id, made.session_key) is None
    assert accounts.sign_up(NOBODY, EMAIL, PASSWORD).reader_id != made.reader_id


def test_deleting_a_guest_needs_no_password(accounts: Accounts, store: Store) -> None:
    """A guest has none: asking is enough."""
    guest = guest_of(store)
    accounts.forget(guest, None)
    assert events_of(store) == [ReaderForgotten(guest)]
    assert not exists(store, guest)


def test_a_password_changed_between_check_and_write_is_noticed(store: Store) -> None:
    """Who had verified the old password just before it was changed can neither change it, nor sign a guest in, nor
    delete the account."""
    passwords = InterruptedPasswords()
    accounts, others = use_cases(store, passwords), use_cases(store)
    made = others.sign_up(NOBODY, EMAIL, "password number 0")
    guest = guest_of(store)
    tries: list[Callable[[str], object]] = [
        lambda old: accounts.change_password(made.reader_id, old, "battery staple"),
        lambda old: accounts.sign_in(guest, EMAIL, old),
        lambda old: accounts.forget(made.reader_id, old),
    ]
    for number, attempt in enumerate(tries):
        old, new = f"password number {number}", f"password number {number + 1}"

        def change(old: str = old, new: str = new) -> None:
            others.change_password(made.reader_id, old, new)

        passwords.after = change
        with pytest.raises(WrongPassword):
            attempt(old)
    assert others.sign_in(NOBODY, EMAIL, f"password number {len(tries)}")
    assert exists(store, guest)


def test_the_relay_is_woken_by_what_writes_events(store: Store) -> None:
    """After signing up, merging a guest and deleting an account; not by a failed sign-in."""
    wakings: list[None] = []
    accounts = Accounts(store, passwords=quick_passwords(), wake=lambda: wakings.append(None))
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, "wrong horse")
    assert len(wakings) == 1
    accounts.sign_in(guest_of(store), EMAIL, PASSWORD)
    accounts.forget(made.reader_id, PASSWORD)
    assert len(wakings) == 3
