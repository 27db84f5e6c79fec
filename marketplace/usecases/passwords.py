"""Passwords, as argon2id hashes."""

import secrets
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError


class Passwords:
    """Hashes and verifies passwords; safe to share between threads.

    With argon2-cffi's default parameters (RFC 9106, low memory) each hash takes 64 MiB of memory and 50 to 200 ms of
    processor time. At most `concurrency` hashes are computed at a time, so that many sign-ins do not fill the memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, concurrency: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = BoundedSemaphore(concurrency)

    def hash(self, password: str) -> str:
        """The hash of a password, with its parameters and salt."""
        with self._slots:
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password has this hash; without a hash False, after the same time."""
        compared = password_hash or self._dummy_hash
        with self._slots:
            try:
                self._hasher.verify(compared, password)
            except VerificationError:
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with parameters other than the current ones."""
        return self._hasher.check_needs_rehash(password_hash)

    @cached_property
    def _dummy_hash(self) -> str:
        return self.hash(secrets.token_hex(16))
