"""Passwords that are among the first to be guessed (NIST SP 800-63B §3.1.1.2 requires a blocklist)."""

from threading import Lock

_FIRST_GUESSES = 10_000
_MAX_LENGTH = 24
"""Longer passwords are no common ones, and the library takes 0.1 s for some of 72 characters."""

# The library fills a global dictionary with each call.
_lock = Lock()


def is_common(password: str) -> bool:
    """Whether a password is a common one, a word or a name, also with @ for a and the like, or a simple pattern."""
    if len(password) > _MAX_LENGTH:
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
