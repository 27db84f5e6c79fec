"""Who can sign in."""

import unicodedata
from dataclasses import dataclass, field

from email_validator import EmailNotValidError, validate_email

from marketplace.domain.errors import CredentialProblem, InvalidCredentials

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
_LONGEST_EMAIL = 254

# The first guesses of everybody who guesses; NIST SP 800-63B asks for such a list.
_COMMON = frozenset(
    """
    password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword 12345678 123456789
    1234567890 12345678910 87654321 123123123 11111111 111111111 00000000 88888888 987654321 qwertyui qwertyuiop
    qwerty123 qwerty12 qwerty1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 zaq12wsx asdfghjk asdfghjkl iloveyou
    iloveyou1 sunshine sunshine1 princess princess1 football football1 baseball baseball1 superman batman123
    trustno1 letmein1 letmein123 welcome1 welcome123 whatever starwars computer internet michelle jennifer
    corvette changeme changeme1 abcd1234 abc12345 aa123456 a1b2c3d4 abcdefgh abcdefg1 admin123 administrator
    google123 monkey123 dragon123 master123 shadow123 charlie1 liverpool chocolate butterfly elizabeth samantha
    """.split()  # noqa: SIM905  (as a list it would be a screen long)
)


def normalized_email(text: str) -> str | None:
    """The e-mail in the spelling by which accounts are told apart, all in small letters; None where it is none."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_EMAIL:
        return None
    try:
        return validate_email(stripped, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def normalized_password(text: str) -> str:
    """The password in the spelling that is hashed, so that it matches whichever keyboard it is typed on.

    Unicode's NFKC, as NIST SP 800-63B §3.1.1.2 has it.
    """
    return unicodedata.normalize("NFKC", text)


def validated_credentials(email: str, password: str) -> tuple[str, str]:
    """Both in their spelling, for a new account.

    Raises InvalidCredentials with all that is wrong about either.
    """
    spelled = normalized_email(email)
    faults = _faults(normalized_password(password), email=spelled)
    if spelled is None or faults:
        raise InvalidCredentials(faults | ({CredentialProblem.EMAIL_MALFORMED} if spelled is None else frozenset()))
    return spelled, normalized_password(password)


def validated_password(password: str, *, email: str) -> str:
    """The spelling of a password, a new one for the account of `email`.

    It has 8 to 200 characters, whichever, and is none that is guessed first. Raises InvalidCredentials.
    """
    spelled = normalized_password(password)
    if faults := _faults(spelled, email=email):
        raise InvalidCredentials(faults)
    return spelled


def _faults(password: str, *, email: str | None) -> frozenset[CredentialProblem]:
    if len(password) < SHORTEST_PASSWORD:
        return frozenset({CredentialProblem.PASSWORD_SHORT})
    if len(password) > LONGEST_PASSWORD:
        return frozenset({CredentialProblem.PASSWORD_LONG})
    if len(set(password)) == 1 or password.lower() in _COMMON | {email}:
        return frozenset({CredentialProblem.PASSWORD_COMMON})
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A reader who can sign in; a signed-in cookie carries `session_key`, so another one ends every session."""

    reader_id: int
    email: str
    password_hash: str = field(repr=False)
    session_key: str = field(repr=False)
    is_moderator: bool = False
    has_cart: bool = False
