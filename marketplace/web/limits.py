"""Rate limits."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class Attempt(Enum):
    """What is counted, and by which key; `guesses` explains those of wrong passwords."""

    SIGN_IN_BY_ADDRESS = "sign in by address"
    WRONG_BY_DEVICE = "wrong password by device"
    WRONG_BY_EMAIL = "wrong password by email"
    WRONG_BY_EMAIL_LATELY = "wrong password by email lately"
    WRONG_BY_EMAIL_AND_ADDRESS = "wrong password by email and address"
    WRONG_BY_SESSION = "wrong password by session"
    SIGN_UP_BY_ADDRESS = "sign up by address"
    GUEST_BY_ADDRESS = "guest by address"
    OPENING_BY_READER = "opening by reader"
    SEARCH_BY_ADDRESS = "search by address"
    SUGGEST_BY_ADDRESS = "suggest by address"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` attempts in any window of `seconds`."""

    times: int
    seconds: int


_DAY = 24 * 60 * 60
# Households and schools share an address, so those limits are high; those for one account's password are low.
LIMITS: Mapping[Attempt, Limit] = {
    Attempt.SIGN_IN_BY_ADDRESS: Limit(30, 60),
    Attempt.WRONG_BY_DEVICE: Limit(10, 600),
    # NIST SP 800-63B §3.2.2 allows 100 wrong passwords of an account.
    Attempt.WRONG_BY_EMAIL: Limit(100, _DAY),
    Attempt.WRONG_BY_EMAIL_LATELY: Limit(10, 600),
    Attempt.WRONG_BY_EMAIL_AND_ADDRESS: Limit(3, _DAY),
    Attempt.WRONG_BY_SESSION: Limit(10, 600),
    Attempt.SIGN_UP_BY_ADDRESS: Limit(20, 3600),
    Attempt.GUEST_BY_ADDRESS: Limit(100, 3600),
    Attempt.OPENING_BY_READER: Limit(300, 3600),
    Attempt.SEARCH_BY_ADDRESS: Limit(60, 60),
    Attempt.SUGGEST_BY_ADDRESS: Limit(300, 60),
}

MAX_KEYS = 10_000
"""Of each limit. Clients choose the keys, so one who has many addresses would fill the memory."""


class Limiter:
    """Counts attempts in a sliding window, in this process's memory; safe to share between threads.

    A limit with more than `max_keys` keys forgets them all: nobody with that many addresses is limited by address.
    """

    def __init__(self, limits: Mapping[Attempt, Limit] = LIMITS, *, max_keys: int = MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._storages = {attempt: MemoryStorage() for attempt in limits}
        # Not the library's moving window, which keeps every key forever.
        self._windows = {attempt: SlidingWindowCounterRateLimiter(self._storages[attempt]) for attempt in limits}
        self._items = {
            attempt: RateLimitItemPerSecond(limit.times, limit.seconds, attempt.name)
            for attempt, limit in limits.items()
        }

    def wait(self, attempt: Attempt, key: str) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed."""
        if len(self._storages[attempt].storage) > self._max_keys:
            self._storages[attempt].reset()
        if self._windows[attempt].hit(self._items[attempt], key):
            return 0
        return max(self.delay(attempt, key), 1)

    def delay(self, attempt: Attempt, key: str) -> int:
        """The seconds until the next attempt is allowed, 0 if it is now; counts nothing."""
        stats = self._windows[attempt].get_window_stats(self._items[attempt], key)
        return 0 if stats.remaining > 0 else max(math.ceil(stats.reset_time - time.time()), 1)
