"""Which e-mails and passwords are accepted, and how passwords are hashed and compared."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from argon2 import PasswordHasher

from marketplace.domain.accounts import normalized_email, validated_credentials
from marketplace.domain.errors import CredentialProblem, InvalidCredentials, PasswordsBusy, WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.usecases.accounts.passwords import Passwords
from tests.marketplace.browser import quick_passwords
from tests.marketplace.ordering import accounts_of

EMAIL, PASSWORD = "ann@example.com", "correct horse"


def test_an_unknown_email_takes_as_long_as_a_known_one(store: Store) -> None:
    """One hash is computed for each, so that the time does not reveal who has an account."""
    verified: list[str] = []

    class Hasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Hasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = accounts_of(store, passwords)
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    for email in (EMAIL, "bob@example.com", "no e-mail"):
        with pytest.raises(WrongPassword):
            accounts.sign_in(NOBODY, email, "wrong password")
    assert len(verified) == 3
    assert {hash_.rpartition("$")[0].rpartition("$")[0] for hash_ in verified} == {
        made.password_hash.rpartition("$")[0].rpartition("$")[0]
    }


def test_no_password_matches_an_unknown_email() -> None:
    """Not even the password of the dummy hash does."""
    passwords = quick_passwords()
    assert not passwords.matches(None, "")
    assert not passwords.matches(None, passwords._dummy_hash)


@pytest.mark.parametrize(
    ("email", "password", "problems"),
    [
        ("ann", PASSWORD, {CredentialProblem.EMAIL_MALFORMED}),
        ("ann@", PASSWORD, {CredentialProblem.EMAIL_MALFORMED}),
        ("ann@localhost", PASSWORD, {CredentialProblem.EMAIL_MALFORMED}),
        ("a" * 300 + "@example.com", PASSWORD, {CredentialProblem.EMAIL_MALFORMED}),
        (EMAIL, "seven77", {CredentialProblem.PASSWORD_SHORT}),
        (EMAIL, "ｶﾞ" * 7, {CredentialProblem.PASSWORD_SHORT}),
        (EMAIL, "x" * 100 + "y" * 101, {CredentialProblem.PASSWORD_LONG}),
        (EMAIL, "Password123", {CredentialProblem.PASSWORD_COMMON}),
        (EMAIL, "zzzzzzzz", {CredentialProblem.PASSWORD_COMMON}),
        (EMAIL, "Ann@example.com", {CredentialProblem.PASSWORD_COMMON}),
        ("", "", {CredentialProblem.EMAIL_MALFORMED, CredentialProblem.PASSWORD_SHORT}),
    ],
)
def test_all_problems_are_reported_at_once(email: str, password: str, problems: set[CredentialProblem]) -> None:
    """Lengths are those of the normalized password."""
    with pytest.raises(InvalidCredentials) as raised:
        validated_credentials(email, password)
    assert raised.value.problems == problems


@pytest.mark.parametrize(
    "password", ["eight 88", "x" * 100 + "y" * 100, "        1", "пароль-слово", "🐎🐎🐎🐎🔋🔋🔋🔋"]
)
def test_a_password_may_have_any_characters(store: Store, password: str) -> None:
    """Spaces and emoji too, 8 to 200 of them."""
    accounts = accounts_of(store)
    assert accounts.sign_up(NOBODY, EMAIL, password) == accounts.sign_in(NOBODY, EMAIL, password)


def test_a_password_is_the_same_on_every_keyboard(store: Store) -> None:
    """An é may be one character or two."""
    accounts = accounts_of(store)
    accounts.sign_up(NOBODY, EMAIL, "caf\u00e9 au lait")
    assert accounts.sign_in(NOBODY, EMAIL, "cafe\u0301 au lait")


def test_passwords_are_not_stripped(store: Store) -> None:
    """Spaces at the ends count."""
    accounts = accounts_of(store)
    accounts.sign_up(NOBODY, EMAIL, f" {PASSWORD} ")
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, PASSWORD)


def test_an_email_of_another_script_has_one_spelling() -> None:
    """Letters and domains are normalized, so that an address has one account."""
    assert normalized_email("Ann@BÜCHER.example.com") == normalized_email("ann@xn--bcher-kva.example.com")


def test_an_outdated_hash_is_replaced_at_the_next_sign_in(store: Store) -> None:
    """It has the stronger parameters, and sessions continue."""
    made = accounts_of(store).sign_up(NOBODY, EMAIL, PASSWORD)
    stronger = accounts_of(store, quick_passwords(time_cost=2))
    again = stronger.sign_in(NOBODY, EMAIL, PASSWORD)
    assert "t=2" in again.password_hash
    assert stronger.sign_in(NOBODY, EMAIL, PASSWORD) == again
    assert stronger.signed_in(made.reader_id, made.session_key)


def test_two_sign_ins_replace_an_outdated_hash_at_once(store: Store) -> None:
    """The one that comes second verifies the password with the new hash, and succeeds too."""
    made = accounts_of(store).sign_up(NOBODY, EMAIL, PASSWORD)
    first = accounts_of(store, quick_passwords(time_cost=2))

    class Overtaken(Passwords):
        def is_outdated(self, password_hash: str) -> bool:
            first.sign_in(NOBODY, EMAIL, PASSWORD)
            return super().is_outdated(password_hash)

    second = accounts_of(store, Overtaken(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))
    again = second.sign_in(NOBODY, EMAIL, PASSWORD)
    assert "t=2" in again.password_hash
    assert second.signed_in(made.reader_id, again.session_key)


def test_hashes_have_the_librarys_default_strength() -> None:
    """Argon2id with argon2-cffi's parameters."""
    made = Passwords().hash(PASSWORD)
    assert not PasswordHasher().check_needs_rehash(made)


class HeldHasher(PasswordHasher):
    """Hashes only once it is released, and knows how many hashes were computed at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.released = threading.Event()
        self.begun = threading.Semaphore(0)
        self.computing = 0
        self.most_at_once = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.computing += 1
        self.most_at_once = max(self.most_at_once, self.computing)
        self.begun.release()
        assert self.released.wait(30)
        self.computing -= 1
        return super().hash(password, salt=salt)


def test_passwords_occupy_limited_callers() -> None:
    """One is hashed and a few wait, and the next caller is refused at once, so that threads are left for pages."""
    hasher = HeldHasher()
    passwords = Passwords(hasher, places=3)
    with ThreadPoolExecutor(4) as callers:
        # Four callers for three places: the last is refused, and two wait for the first.
        made = [callers.submit(passwords.hash, PASSWORD) for _ in range(4)]
        assert hasher.begun.acquire(timeout=30)
        refused = next(as_completed(made, timeout=30))
        with pytest.raises(PasswordsBusy):
            refused.result()
        hasher.released.set()
    assert sum(call.exception() is None for call in made) == 3
    assert hasher.most_at_once == 1
    assert passwords.matches(passwords.hash(PASSWORD), PASSWORD)
