"""Passwords, as argon2id hashes."""

import secrets
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError


class Passwords:
    """Hashes and verifies passwords; safe to share between threads.

    With argon2-cffi's own parameters (RFC 9106, low memory) each hash takes 64 MiB and 50 to 200 ms of a processor.
    At most `at_once` of them are made at a time: a flood of sign-ins then waits instead of filling the memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = BoundedSemaphore(at_once)

    def hash(self, password: str) -> str:
        """The password's hash, with its parameters and a salt of its own."""
        with self._turns:
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password of the hash; without one never, and it takes as long to say so."""
        compared = password_hash or self._nobodys
        with self._turns:
            try:
                self._hasher.verify(compared, password)
            except VerificationError:
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(password_hash)

    @cached_property
    def _nobodys(self) -> str:
        return self.hash(secrets.token_hex(16))
