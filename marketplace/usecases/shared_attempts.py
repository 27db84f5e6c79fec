"""Attempts that are counted over all processes of the shop."""

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime

from marketplace.domain.limits import Limit
from marketplace.store import Store


class SharedAttempts:
    """Counts attempts in the database, in sliding windows; thread-safe. Every method raises StoreUnavailable."""

    def __init__(self, store: Store, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        """Keys (e-mails, addresses) are stored as HMACs with `secret`; `clock` returns seconds since 1970."""
        self._store = store
        self._secret = secret.encode()
        self._clock = clock

    def wait(self, kind: str, key: str, limit: Limit) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed."""
        # So that somebody who is refused again and again does not take SQLite's write lock.
        if seconds := self.delay(kind, key, limit):
            return seconds
        with self._store.write() as work:
            is_counted = work.attempts.add(kind, self._digest(key), limit, at=self._clock())
            work.commit()
        # Not counted: another process was faster.
        return 0 if is_counted else max(1, self.delay(kind, key, limit))

    def delay(self, kind: str, key: str, limit: Limit) -> int:
        """The seconds until the next attempt is allowed, 0 if it is now; counts nothing."""
        with self._store.read() as work:
            counts = work.attempts.counts(kind, self._digest(key))
        window, passed = divmod(self._clock(), limit.seconds)
        return counts.at(int(window)).delay(limit, passed)

    def clear(self, kind: str, key: str) -> None:
        """Forget the attempts with this key."""
        with self._store.write() as work:
            work.attempts.remove(kind, self._digest(key))
            work.commit()

    def prune(self) -> None:
        """Delete what no longer counts, every minute; and the oldest, if clients have used too many keys."""
        with self._store.write() as work:
            work.attempts.prune(datetime.fromtimestamp(self._clock(), UTC))
            work.commit()

    def _digest(self, key: str) -> str:
        return hmac.digest(self._secret, key.encode(), "sha256").hex()
