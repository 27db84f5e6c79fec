"""Accounts, and the rules for their e-mails and passwords."""

import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email

from marketplace.domain.errors import CredentialProblem, InvalidCredentials

SESSION_LIFETIME = timedelta(days=365)
MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 200
_MAX_EMAIL_LENGTH = 254

# NIST SP 800-63B requires a blocklist of common passwords.
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
    """The e-mail in the normalized form that identifies an account, in lower case; None if it is not valid."""
    stripped = text.strip()
    if len(stripped) > _MAX_EMAIL_LENGTH:
        return None
    try:
        return validate_email(stripped, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def normalized_password(text: str) -> str:
    """The password in Unicode's NFKC form (NIST SP 800-63B §3.1.1.2), so that it has one hash on every keyboard."""
    return unicodedata.normalize("NFKC", text)


def validated_credentials(email: str, password: str) -> tuple[str, str]:
    """The normalized e-mail and password of a new account.

    Raises InvalidCredentials with all problems.
    """
    normalized = normalized_email(email)
    password = normalized_password(password)
    problems = _problems(password, email=normalized)
    if normalized is None:
        problems |= {CredentialProblem.EMAIL_MALFORMED}
    if normalized is None or problems:
        raise InvalidCredentials(problems)
    return normalized, password


def validated_password(password: str, *, email: str) -> str:
    """The normalized new password of the account of `email`: 8 to 200 characters and not a common one.

    Raises InvalidCredentials.
    """
    normalized = normalized_password(password)
    if problems := _problems(normalized, email=email):
        raise InvalidCredentials(problems)
    return normalized


def _problems(password: str, *, email: str | None) -> frozenset[CredentialProblem]:
    if len(password) < MIN_PASSWORD_LENGTH:
        return frozenset({CredentialProblem.PASSWORD_SHORT})
    if len(password) > MAX_PASSWORD_LENGTH:
        return frozenset({CredentialProblem.PASSWORD_LONG})
    if len(set(password)) == 1 or password.lower() in _COMMON | {email}:
        return frozenset({CredentialProblem.PASSWORD_COMMON})
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A reader who can sign in; `session_key` is that of the session that has just begun, if one has."""

    reader_id: int
    email: str
    password_hash: str = field(repr=False)
    session_key: str = field(default="", repr=False, compare=False)
    is_moderator: bool = False
    has_cart: bool = False
