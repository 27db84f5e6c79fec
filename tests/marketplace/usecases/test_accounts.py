"""Tests of marketplace.accounts with its store, marketplace.credentials and marketplace.passwords."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from argon2 import PasswordHasher

from marketplace.domain.accounts import Account, spelled_email
from marketplace.domain.errors import EmailTaken, Fault, Unfit, WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.accounts import Accounts
from marketplace.usecases.passwords import Passwords
from tests.marketplace.browser import quick_passwords
from tests.marketplace.fakes import NOON

EMAIL, PASSWORD = "ann@example.com", "correct horse"


class Calls:
    """Notes what the use cases asked for within their transactions; `before` may do something or fail."""

    def __init__(self) -> None:
        self.merged: list[tuple[int, int]] = []
        self.forgotten: list[int] = []
        self.wakings = 0
        self.before: Callable[[], None] = lambda: None

    def merge(self, work: UnitOfWork, guest: int, account: int, moment: datetime) -> None:
        assert work.readers.exists(guest)
        assert work.accounts.by_reader(account)
        assert moment == NOON
        self.merged.append((guest, account))
        self.before()

    def forget(self, work: UnitOfWork, reader_id: int, moment: datetime) -> None:
        assert work.readers.exists(reader_id)
        self.forgotten.append(reader_id)
        self.before()

    def wake(self) -> None:
        self.wakings += 1


class CountingPasswords(Passwords):
    """Counts how many hashes it compared, and may do something right after."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        super().__init__(hasher or PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.compared: list[str] = []
        self.after: Callable[[], object] = lambda: None

    def matches(self, password_hash: str | None, password: str) -> bool:
        matched = super().matches(password_hash, password)
        self.compared.append(password_hash or "none")
        self.after()
        return matched


@pytest.fixture
def calls() -> Calls:
    """What merge, forget and wake were called with."""
    return Calls()


def use_cases(store: Store, calls: Calls, passwords: Passwords | None = None) -> Accounts:
    """The accounts of a shop."""
    return Accounts(
        store,
        passwords=passwords or quick_passwords(),
        merge=calls.merge,
        forget=calls.forget,
        wake=calls.wake,
        clock=lambda: NOON,
    )


@pytest.fixture
def accounts(store: Store, calls: Calls) -> Accounts:
    """The accounts of a shop, on both databases."""
    return use_cases(store, calls)


def guest_of(store: Store) -> int:
    """A new guest."""
    with store.write() as work:
        guest = work.readers.add(NOON)
        work.commit()
    return guest


def exists(store: Store, reader_id: int) -> bool:
    """Whether the shop has this reader."""
    with store.read() as work:
        return work.readers.exists(reader_id)


def test_who_signed_up_can_sign_in(accounts: Accounts, store: Store) -> None:
    """The same account, from any other browser, by an e-mail in any letters; the password is kept as a hash."""
    made = accounts.sign_up(NOBODY, " Ann@EXAMPLE.com ", PASSWORD)
    assert made.email == EMAIL
    assert made.password_hash.startswith("$argon2id$")
    assert accounts.sign_in(NOBODY, "ANN@example.com", PASSWORD) == made
    assert exists(store, made.reader_id)


def test_an_account_shows_no_secrets() -> None:
    """What is printed of it, in a log or a traceback, has neither the hash nor the key."""
    shown = repr(Account(reader_id=1, email=EMAIL, password_hash="HASH", session_key="KEY"))
    assert "HASH" not in shown
    assert "KEY" not in shown


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "correct horses"), ("bob@example.com", PASSWORD), ("", ""), (EMAIL, "")]
)
def test_nobody_signs_in_with_another_password(accounts: Accounts, calls: Calls, email: str, password: str) -> None:
    """A wrong password and an unknown e-mail are the same answer, and change nothing."""
    accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    calls.wakings = 0
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, email, password)
    assert calls.wakings == 0


def test_an_unknown_email_costs_as_much_as_a_known_one(store: Store, calls: Calls) -> None:
    """One hash is computed for either, so that the time does not tell who has an account."""
    verified: list[str] = []

    class Hasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Hasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = use_cases(store, calls, passwords)
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    for email in (EMAIL, "bob@example.com", "no e-mail"):
        with pytest.raises(WrongPassword):
            accounts.sign_in(NOBODY, email, "wrong password")
    assert len(verified) == 3
    assert {each.rpartition("$")[0].rpartition("$")[0] for each in verified} == {
        made.password_hash.rpartition("$")[0].rpartition("$")[0]
    }


def test_no_password_is_that_of_nobody() -> None:
    """What an unknown e-mail is compared with matches nothing."""
    passwords = quick_passwords()
    assert not passwords.matches(None, "")
    assert not passwords.matches(None, passwords._nobodys)


def test_a_guest_comes_along_when_signing_up(accounts: Accounts, store: Store, calls: Calls) -> None:
    """What the guest did goes to a reader made with the account, and the guest, whose cookie has copies, is gone."""
    guest = guest_of(store)
    made = accounts.sign_up(guest, EMAIL, PASSWORD)
    assert made.reader_id != guest
    assert calls.merged == [(guest, made.reader_id)]
    assert not exists(store, guest)
    assert calls.wakings == 1


def test_a_guest_comes_along_when_signing_in(accounts: Accounts, store: Store, calls: Calls) -> None:
    """What the guest did goes to the account, once, and the guest is gone."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    guest = guest_of(store)
    assert accounts.sign_in(guest, EMAIL, PASSWORD) == made
    assert accounts.sign_in(guest, EMAIL, PASSWORD) == made
    assert calls.merged == [(guest, made.reader_id)]
    assert not exists(store, guest)


def test_one_account_is_never_merged_into_another(accounts: Accounts, store: Store, calls: Calls) -> None:
    """Who signs in as somebody else leaves their first account as it was."""
    ann = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    bob = accounts.sign_up(ann.reader_id, "bob@example.com", PASSWORD)
    accounts.sign_in(bob.reader_id, EMAIL, PASSWORD)
    accounts.sign_in(ann.reader_id, EMAIL, PASSWORD)
    assert calls.merged == []
    assert exists(store, ann.reader_id)
    assert exists(store, bob.reader_id)


def test_a_merge_that_fails_leaves_everything_as_it_was(accounts: Accounts, store: Store, calls: Calls) -> None:
    """The account, the merge and the guest's end are one transaction."""

    def fail() -> None:
        raise ZeroDivisionError

    guest = guest_of(store)
    calls.before = fail
    with pytest.raises(ZeroDivisionError):
        accounts.sign_up(guest, EMAIL, PASSWORD)
    assert exists(store, guest)
    assert calls.wakings == 0
    calls.before = lambda: None
    accounts.sign_up(guest, EMAIL, PASSWORD)


def test_an_email_has_one_account(accounts: Accounts, store: Store) -> None:
    """In whatever letters, the second one is refused, and leaves no reader behind."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(EmailTaken):
        accounts.sign_up(NOBODY, "ANN@Example.COM", "another password")
    assert not any(exists(store, made.reader_id + later) for later in (1, 2))


def test_an_email_has_one_account_however_many_ask_at_once(accounts: Accounts) -> None:
    """Of eight who sign up at the same moment one gets it, the others are told that it is taken."""
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


@pytest.mark.parametrize(
    ("email", "password", "faults"),
    [
        ("ann", PASSWORD, {Fault.EMAIL_MALFORMED}),
        ("ann@", PASSWORD, {Fault.EMAIL_MALFORMED}),
        ("ann@localhost", PASSWORD, {Fault.EMAIL_MALFORMED}),
        ("a" * 300 + "@example.com", PASSWORD, {Fault.EMAIL_MALFORMED}),
        (EMAIL, "seven77", {Fault.PASSWORD_SHORT}),
        (EMAIL, "ｶﾞ" * 7, {Fault.PASSWORD_SHORT}),
        (EMAIL, "x" * 100 + "y" * 101, {Fault.PASSWORD_LONG}),
        (EMAIL, "Password123", {Fault.PASSWORD_COMMON}),
        (EMAIL, "zzzzzzzz", {Fault.PASSWORD_COMMON}),
        (EMAIL, "Ann@example.com", {Fault.PASSWORD_COMMON}),
        ("", "", {Fault.EMAIL_MALFORMED, Fault.PASSWORD_SHORT}),
    ],
)
def test_what_is_unfit_is_said_all_at_once(
    store: Store, calls: Calls, email: str, password: str, faults: set[Fault]
) -> None:
    """Everything that is wrong is told in one go; lengths are counted in characters of the one spelling."""
    with pytest.raises(Unfit) as raised:
        use_cases(store, calls).sign_up(NOBODY, email, password)
    assert raised.value.faults == faults


@pytest.mark.parametrize(
    "password", ["eight888", "x" * 100 + "y" * 100, "        1", "пароль-слово", "🐎🐎🐎🐎🔋🔋🔋🔋"]
)
def test_any_characters_make_a_password(store: Store, calls: Calls, password: str) -> None:
    """Of 8 to 200 characters whichever are fit, spaces and pictures too."""
    accounts = use_cases(store, calls)
    assert accounts.sign_up(NOBODY, EMAIL, password) == accounts.sign_in(NOBODY, EMAIL, password)


def test_a_password_is_the_same_on_every_keyboard(store: Store, calls: Calls) -> None:
    """An é in one character or in two is the same letter."""
    accounts = use_cases(store, calls)
    accounts.sign_up(NOBODY, EMAIL, "caf\u00e9 au lait")
    assert accounts.sign_in(NOBODY, EMAIL, "cafe\u0301 au lait")


def test_spaces_at_the_ends_of_a_password_count(store: Store, calls: Calls) -> None:
    """Nothing of a password is cut off."""
    accounts = use_cases(store, calls)
    accounts.sign_up(NOBODY, EMAIL, f" {PASSWORD} ")
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, PASSWORD)


def test_an_email_of_another_script_has_one_spelling() -> None:
    """Letters and domains are normalised, so that one address has one account."""
    assert spelled_email("Ann@BÜCHER.example.com") == spelled_email("ann@xn--bcher-kva.example.com")


def test_an_old_hash_is_made_anew_when_its_reader_signs_in(store: Store, calls: Calls) -> None:
    """After stronger parameters are set the next sign-in stores a stronger hash, and no session ends by it."""
    made = use_cases(store, calls).sign_up(NOBODY, EMAIL, PASSWORD)
    stronger = use_cases(store, calls, quick_passwords(time_cost=2))
    again = stronger.sign_in(NOBODY, EMAIL, PASSWORD)
    assert "t=2" in again.password_hash
    assert again.session_key == made.session_key
    assert stronger.sign_in(NOBODY, EMAIL, PASSWORD) == again
    assert stronger.signed_in(made.reader_id, made.session_key)


def test_another_password_ends_the_other_sessions(accounts: Accounts) -> None:
    """The old password and the old key are worth nothing from then on, the new ones work."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    changed = accounts.change_password(made.reader_id, PASSWORD, "battery staple")
    assert accounts.signed_in(made.reader_id, made.session_key) is None
    assert accounts.signed_in(made.reader_id, changed.session_key) == changed
    assert accounts.sign_in(NOBODY, EMAIL, "battery staple") == changed
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, PASSWORD)


def test_a_password_is_changed_by_who_knows_it(accounts: Accounts, store: Store) -> None:
    """A wrong old one, an unfit new one, and a guest are refused, and nothing changes."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    with pytest.raises(WrongPassword):
        accounts.change_password(made.reader_id, "wrong horse", "battery staple")
    with pytest.raises(Unfit):
        accounts.change_password(made.reader_id, PASSWORD, EMAIL.upper())
    with pytest.raises(WrongPassword):
        accounts.change_password(guest_of(store), PASSWORD, "battery staple")
    assert accounts.signed_in(made.reader_id, made.session_key) == made


@pytest.mark.parametrize("key", ["", "x", "é", "0" * 64])
def test_only_the_accounts_own_key_is_signed_in(accounts: Accounts, store: Store, key: str) -> None:
    """Neither another key, nor a guest, nor a reader that there is not."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    assert accounts.signed_in(made.reader_id, key) is None
    assert accounts.signed_in(guest_of(store), made.session_key) is None
    assert accounts.signed_in(made.reader_id + 500, made.session_key) is None


def test_an_account_is_forgotten_by_who_knows_its_password(accounts: Accounts, store: Store, calls: Calls) -> None:
    """A wrong or no password is refused; the right one deletes the reader, the account, and frees the e-mail."""
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    for wrong in (None, "", "wrong horse"):
        with pytest.raises(WrongPassword):
            accounts.forget(made.reader_id, wrong)
    assert calls.forgotten == []
    accounts.forget(made.reader_id, PASSWORD)
    assert calls.forgotten == [made.reader_id]
    assert not exists(store, made.reader_id)
    assert accounts.signed_in(made.reader_id, made.session_key) is None
    assert accounts.sign_up(NOBODY, EMAIL, PASSWORD).reader_id != made.reader_id


def test_a_guest_is_forgotten_without_a_password(accounts: Accounts, store: Store, calls: Calls) -> None:
    """A guest has none: asking is enough."""
    guest = guest_of(store)
    accounts.forget(guest, None)
    assert calls.forgotten == [guest]
    assert not exists(store, guest)


def test_a_password_changed_meanwhile_counts(store: Store, calls: Calls) -> None:
    """Who had verified the old password just before it was changed can neither change it, nor sign a guest in, nor
    delete the account."""
    passwords = CountingPasswords()
    accounts, others = use_cases(store, calls, passwords), use_cases(store, calls)
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


def test_the_shops_own_hashes_are_as_strong_as_the_library_says() -> None:
    """Without another hasher, argon2id with argon2-cffi's parameters."""
    made = Passwords().hash(PASSWORD)
    assert not PasswordHasher().check_needs_rehash(made)
