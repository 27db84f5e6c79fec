"""Which e-mails and passwords are accepted, and how passwords are hashed and compared."""

import pytest
from argon2 import PasswordHasher

from marketplace.domain.accounts import normalized_email, validated_credentials
from marketplace.domain.errors import CredentialProblem, InvalidCredentials, WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.usecases.accounts import Accounts
from marketplace.usecases.passwords import Passwords
from tests.marketplace.browser import quick_passwords

EMAIL, PASSWORD = "ann@example.com", "correct horse"


def use_cases(store: Store, passwords: Passwords | None = None) -> Accounts:
    """The accounts of a shop."""
    return Accounts(store, passwords=passwords or quick_passwords())


def test_an_unknown_email_costs_as_much_as_a_known_one(store: Store) -> None:
    """One hash is computed for either, so that the time does not reveal who has an account."""
    verified: list[str] = []

    class Hasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Hasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = use_cases(store, passwords)
    made = accounts.sign_up(NOBODY, EMAIL, PASSWORD)
    for email in (EMAIL, "bob@example.com", "no e-mail"):
        with pytest.raises(WrongPassword):
            accounts.sign_in(NOBODY, email, "wrong password")
    assert len(verified) == 3
    assert {each.rpartition("$")[0].rpartition("$")[0] for each in verified} == {
        made.password_hash.rpartition("$")[0].rpartition("$")[0]
    }


def test_no_password_matches_an_unknown_email() -> None:
    """What an unknown e-mail is compared with matches nothing."""
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
    """A form shows them all; lengths count the characters of the normalized password."""
    with pytest.raises(InvalidCredentials) as raised:
        validated_credentials(email, password)
    assert raised.value.problems == problems


@pytest.mark.parametrize(
    "password", ["eight888", "x" * 100 + "y" * 100, "        1", "пароль-слово", "🐎🐎🐎🐎🔋🔋🔋🔋"]
)
def test_any_characters_make_a_password(store: Store, password: str) -> None:
    """Of 8 to 200 characters whichever are fit, spaces and pictures too."""
    accounts = use_cases(store)
    assert accounts.sign_up(NOBODY, EMAIL, password) == accounts.sign_in(NOBODY, EMAIL, password)


def test_a_password_is_the_same_on_every_keyboard(store: Store) -> None:
    """An é in one character or in two is the same letter."""
    accounts = use_cases(store)
    accounts.sign_up(NOBODY, EMAIL, "caf\u00e9 au lait")
    assert accounts.sign_in(NOBODY, EMAIL, "cafe\u0301 au lait")


def test_spaces_at_the_ends_of_a_password_count(store: Store) -> None:
    """Nothing of a password is cut off."""
    accounts = use_cases(store)
    accounts.sign_up(NOBODY, EMAIL, f" {PASSWORD} ")
    with pytest.raises(WrongPassword):
        accounts.sign_in(NOBODY, EMAIL, PASSWORD)


def test_an_email_of_another_script_has_one_spelling() -> None:
    """Letters and domains are normalised, so that one address has one account."""
    assert normalized_email("Ann@BÜCHER.example.com") == normalized_email("ann@xn--bcher-kva.example.com")


def test_an_old_hash_is_made_anew_when_its_reader_signs_in(store: Store) -> None:
    """After stronger parameters are set the next sign-in stores a stronger hash, and no session ends by it."""
    made = use_cases(store).sign_up(NOBODY, EMAIL, PASSWORD)
    stronger = use_cases(store, quick_passwords(time_cost=2))
    again = stronger.sign_in(NOBODY, EMAIL, PASSWORD)
    assert "t=2" in again.password_hash
    assert again.session_key == made.session_key
    assert stronger.sign_in(NOBODY, EMAIL, PASSWORD) == again
    assert stronger.signed_in(made.reader_id, made.session_key)


def test_the_shops_own_hashes_are_as_strong_as_the_library_says() -> None:
    """Without another hasher, argon2id with argon2-cffi's parameters."""
    made = Passwords().hash(PASSWORD)
    assert not PasswordHasher().check_needs_rehash(made)
