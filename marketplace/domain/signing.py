"""A signer of tokens with the time at which they were issued."""

import hashlib
from collections.abc import Callable

from itsdangerous import TimestampSigner


class ClockSigner(TimestampSigner):
    """A signer whose clock can be injected, with a key that is derived from the shop's for one purpose, `salt`."""

    def __init__(self, key: str, *, salt: str, clock: Callable[[], float]) -> None:
        super().__init__(key, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())
