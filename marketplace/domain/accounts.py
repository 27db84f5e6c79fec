"""Accounts, the rules for their e-mails and passwords, and the links that are sent to them by mail."""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from threading import Lock

from email_validator import EmailNotValidError, validate_email

from marketplace.domain.errors import CredentialProblem, InvalidCredentials
from servicekit.translations import ENGLISH

SESSION_LIFETIME = timedelta(days=365)
MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 200
_MAX_EMAIL_LENGTH = 254
_FIRST_GUESSES = 10_000
_TOKEN_BYTES = 32
_MAX_COMMON_LENGTH = 24
"""Longer passwords are no common ones, and the library takes 0.1 s for some of 72 characters."""

# The library fills a global dictionary with each call.
_lock = Lock()


def normalized_email(text: str) -> str | None:
    """The e-mail in the normalized form that identifies an account, in lower case; None if it is not valid."""
    stripped = text.strip()
    if len(stripped) > _MAX_EMAIL_LENGTH:
        return None
    try:
        normalized = validate_email(stripped, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
    # Some letters become longer in lower case.
    return normalized if len(normalized) <= _MAX_EMAIL_LENGTH else None


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


def is_common(password: str) -> bool:
    """Whether a password is a common one, a word or a name, also with @ for a and the like, or a simple pattern.

    NIST SP 800-63B §3.1.1.2 requires a blocklist.
    """
    if len(password) > _MAX_COMMON_LENGTH:
        return False
    # Imported on first use: its 94,000 words take 50 ms and 10 MB.
    from zxcvbn import zxcvbn  # noqa: PLC0415
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    if password.lower() in FREQUENCY_LISTS["passwords"]:
        return True
    with _lock:
        found = zxcvbn(password)
    is_word = [part["pattern"] for part in found["sequence"]] == ["dictionary"]
    return is_word or found["guesses"] < _FIRST_GUESSES


def _problems(password: str, *, email: str | None) -> frozenset[CredentialProblem]:
    if len(password) < MIN_PASSWORD_LENGTH:
        return frozenset({CredentialProblem.PASSWORD_SHORT})
    if len(password) > MAX_PASSWORD_LENGTH:
        return frozenset({CredentialProblem.PASSWORD_LONG})
    if len(set(password)) == 1 or password.lower() == email or is_common(password):
        return frozenset({CredentialProblem.PASSWORD_COMMON})
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A reader who can sign in; `session_key` is that of the session that has just begun, if one has.

    `email_confirmed_at` is when somebody who reads the address's mail confirmed it, None if nobody has.
    """

    reader_id: int
    email: str
    email_confirmed_at: datetime | None = None
    password_hash: str = field(repr=False)
    session_key: str = field(default="", repr=False, compare=False)
    is_moderator: bool = False
    language: str | None = None
    """What pages and mails are in, if the reader has chosen it."""
    has_cart: bool = False


def language_of(account: Account) -> str:
    """The language of the mails to an account: that of its pages, or English if it has none."""
    return account.language or ENGLISH


class LinkPurpose(Enum):
    """What a link in a mail is for; the value is stored."""

    RESET = "reset"
    EMAIL = "email"
    """Confirms the address that it was sent to, which becomes the account's if it is another one."""


LINK_LIFETIMES = {LinkPurpose.RESET: timedelta(minutes=30), LinkPurpose.EMAIL: timedelta(days=7)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLink:
    """A link that was sent to `email`, for this reader's account; the shop stores its token's hash only."""

    reader_id: int
    purpose: LinkPurpose
    email: str
    created_at: datetime
    expires_at: datetime


def new_token() -> str:
    """The random token of a link."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """The SHA-256 of a token, or of anything that somebody sent as one.

    Without salt, because tokens cannot be guessed.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
