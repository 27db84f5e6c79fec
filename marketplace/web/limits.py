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
    """What is counted, and by which key."""

    SIGN_IN_BY_ADDRESS = "sign in by address"
    SIGN_IN_BY_EMAIL = "sign in by email"
    SIGN_UP_BY_ADDRESS = "sign up by address"
    PASSWORD_BY_READER = "password by reader"  # noqa: S105  (not a password)
    GUEST_BY_ADDRESS = "guest by address"
    OPENING_BY_READER = "opening by reader"
    SEARCH_BY_ADDRESS = "search by address"
    SUGGEST_BY_ADDRESS = "suggest by address"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` attempts in any window of `seconds`."""

    times: int
    seconds: int


# Households and schools share an address, so those limits are high; those for one account's password are low.
LIMITS: Mapping[Attempt, Limit] = {
    Attempt.SIGN_IN_BY_ADDRESS: Limit(30, 60),
    Attempt.SIGN_IN_BY_EMAIL: Limit(10, 600),
    Attempt.SIGN_UP_BY_ADDRESS: Limit(20, 3600),
    Attempt.PASSWORD_BY_READER: Limit(10, 600),
    Attempt.GUEST_BY_ADDRESS: Limit(100, 3600),
    Attempt.OPENING_BY_READER: Limit(300, 3600),
    Attempt.SEARCH_BY_ADDRESS: Limit(60, 60),
    Attempt.SUGGEST_BY_ADDRESS: Limit(300, 60),
}


class Limiter:
    """Counts attempts in a sliding window, in this process's memory; safe to share between threads."""

    def __init__(self, limits: Mapping[Attempt, Limit] = LIMITS) -> None:
        # Not the library's moving window, which keeps every key forever.
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._items = {
            attempt: RateLimitItemPerSecond(limit.times, limit.seconds, attempt.name)
            for attempt, limit in limits.items()
        }

    def wait(self, attempt: Attempt, key: str) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed."""
        item = self._items[attempt]
        if self._window.hit(item, key):
            return 0
        return max(math.ceil(self._window.get_window_stats(item, key).reset_time - time.time()), 1)

    def reset(self, attempt: Attempt, key: str) -> None:
        """Forget the attempts of this key, after a successful one."""
        self._window.clear(self._items[attempt], key)
