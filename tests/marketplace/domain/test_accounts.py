"""Which passwords are too common."""

import subprocess
import sys

import pytest

from marketplace.domain.accounts import is_common


@pytest.mark.parametrize(
    "password",
    [
        *("password", "Password1", "P@ssw0rd", "password1234", "12345678", "87654321", "123123123", "qwertyuiop"),
        *("1q2w3e4r5t", "qwerty123", "iloveyou", "sunshine1", "trustno1", "changeme1", "abcdefgh", "abcd1234"),
        *("liverpool", "chocolate", "Elizabeth", "administrator", "drowssap", "11111111", "eight888", "19901990"),
        *("letmein1", "welcome1", "football1", "starwars", "zaq12wsx", "passwordpassword", "asdfghjkl", "00000000"),
    ],
)
def test_what_is_guessed_first_is_common(password: str) -> None:
    """Words, names, rows of keys, sequences, repetitions and dates, also in other spellings."""
    assert is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "battery staple",
        "another password",
        "Tr0ub4dor&3",
        "kq8!vmz2",
        "пароль-слово",
        "x" * 99 + "yz",
    ],
)
def test_other_passwords_are_not(password: str) -> None:
    """A few unrelated words, or eight random characters."""
    assert not is_common(password)


@pytest.mark.slow
def test_the_list_is_loaded_when_it_is_needed() -> None:
    """Starting the shop does not wait for it."""
    code = "import sys, marketplace.app; sys.exit('zxcvbn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
