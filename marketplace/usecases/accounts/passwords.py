"""Passwords, as argon2id hashes."""

import os
import secrets
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import BoundedSemaphore, get_native_id
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from marketplace.domain.errors import PasswordsBusy

P = ParamSpec("P")
T = TypeVar("T")

MAX_PLACES = 4
_NICENESS = 15


class Passwords:
    """Hashes and verifies passwords; safe to share between threads.

    With argon2-cffi's default parameters (RFC 9106, low memory) each hash takes 64 MiB of memory and 50 to 200 ms on
    four threads. So one is computed at a time, by a thread of its own that leaves the processor to the pages. At most
    `places` callers are occupied, one with the hash and the others waiting for it; above that every method that
    hashes raises PasswordsBusy, so that threads are left for pages.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, places: int = MAX_PLACES) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = BoundedSemaphore(places)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="passwords", initializer=_give_way)

    def hash(self, password: str) -> str:
        """The hash of a password, with its parameters and salt."""
        return self._in_turn(self._hasher.hash, password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password has this hash; without a hash False, after the same time."""
        compared = password_hash or self._dummy_hash
        try:
            self._in_turn(self._hasher.verify, compared, password)
        except VerificationError:
            return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with parameters other than the current ones."""
        return self._hasher.check_needs_rehash(password_hash)

    def _in_turn(self, compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._places.acquire(blocking=False):
            raise PasswordsBusy
        try:
            return self._thread.submit(compute, *args, **kwargs).result()
        finally:
            self._places.release()

    @cached_property
    def _dummy_hash(self) -> str:
        return self.hash(secrets.token_hex(16))


def _give_way() -> None:
    # On Linux each thread has its own niceness, and argon2's threads inherit it; elsewhere it is the process's.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)
