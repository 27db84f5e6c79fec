"""Rate limits."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class Tried(Enum):
    """What is counted, and by which key."""

    SIGN_IN_BY_ADDRESS = "sign in by address"
    SIGN_IN_BY_EMAIL = "sign in by email"
    SIGN_UP_BY_ADDRESS = "sign up by address"
    PASSWORD_BY_READER = "password by reader"  # noqa: S105  (not a password)
    SEARCH_BY_ADDRESS = "search by address"
    SUGGEST_BY_ADDRESS = "suggest by address"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` attempts within any `seconds`."""

    times: int
    seconds: int


# Households and schools share an address, so those limits are wide; those of one account's password are narrow.
LIMITS: Mapping[Tried, Limit] = {
    Tried.SIGN_IN_BY_ADDRESS: Limit(30, 60),
    Tried.SIGN_IN_BY_EMAIL: Limit(10, 600),
    Tried.SIGN_UP_BY_ADDRESS: Limit(20, 3600),
    Tried.PASSWORD_BY_READER: Limit(10, 600),
    Tried.SEARCH_BY_ADDRESS: Limit(60, 60),
    Tried.SUGGEST_BY_ADDRESS: Limit(300, 60),
}


class Limiter:
    """Counts attempts in a sliding window, in this process's memory; safe to share between threads."""

    def __init__(self, limits: Mapping[Tried, Limit] = LIMITS) -> None:
        # Not the library's moving window, which keeps every key forever.
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._items = {
            tried: RateLimitItemPerSecond(limit.times, limit.seconds, tried.name) for tried, limit in limits.items()
        }

    def wait(self, tried: Tried, key: str) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed."""
        item = self._items[tried]
        if self._window.hit(item, key):
            return 0
        return max(math.ceil(self._window.get_window_stats(item, key).reset_time - time.time()), 1)

    def succeeded(self, tried: Tried, key: str) -> None:
        """Reset the count of this key: its last attempt was right."""
        self._window.clear(self._items[tried], key)
