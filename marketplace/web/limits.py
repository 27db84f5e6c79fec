"""Rate limits."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from threading import Lock

from cachetools import LRUCache


class Attempt(Enum):
    """What is counted, and by which key; `guesses` explains those of wrong passwords."""

    SIGN_IN_BY_ADDRESS = "sign in by address"
    WRONG_BY_DEVICE = "wrong password by device"
    WRONG_BY_EMAIL = "wrong password by email"
    WRONG_BY_EMAIL_LATELY = "wrong password by email lately"
    WRONG_BY_EMAIL_AND_ADDRESS = "wrong password by email and address"
    WRONG_BY_SESSION = "wrong password by session"
    SIGN_UP_BY_ADDRESS = "sign up by address"
    RESET_BY_ADDRESS = "password reset by address"
    RESET_BY_EMAIL = "password reset by email"
    CONFIRMATION_BY_READER = "confirmation by reader"
    CONFIRMATION_BY_EMAIL = "confirmation by email"
    GUEST_BY_ADDRESS = "guest by address"
    OPENING_BY_READER = "opening by reader"
    MESSAGE_BY_READER = "message by reader"
    LINK_BY_MODERATOR = "link by moderator"
    MESSAGE_BY_GUEST = "message by guest"
    CONTACT_BY_ADDRESS = "contact by address"
    CONTACT_BY_EVERYBODY = "contact by everybody"
    SEARCH_BY_ADDRESS = "search by address"
    SUGGEST_BY_ADDRESS = "suggest by address"
    API_WRONG_BY_ADDRESS = "wrong API token by address"
    API_BY_TOKEN = "API by token"  # noqa: S105  (a label)


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
    Attempt.RESET_BY_ADDRESS: Limit(20, 3600),
    # The lifetime of a link: while further ones are not sent, the last one still works.
    Attempt.RESET_BY_EMAIL: Limit(3, 1800),
    Attempt.CONFIRMATION_BY_READER: Limit(5, 3600),
    # The address may be that of somebody who is no reader.
    Attempt.CONFIRMATION_BY_EMAIL: Limit(5, 3600),
    Attempt.GUEST_BY_ADDRESS: Limit(100, 3600),
    Attempt.OPENING_BY_READER: Limit(300, 3600),
    Attempt.MESSAGE_BY_READER: Limit(60, 3600),
    Attempt.LINK_BY_MODERATOR: Limit(60, 3600),
    # Of one conversation.
    Attempt.MESSAGE_BY_GUEST: Limit(60, 3600),
    Attempt.CONTACT_BY_ADDRESS: Limit(10, 3600),
    # Of guests with any addresses: more than the staff could read.
    Attempt.CONTACT_BY_EVERYBODY: Limit(300, 3600),
    Attempt.SEARCH_BY_ADDRESS: Limit(60, 60),
    Attempt.SUGGEST_BY_ADDRESS: Limit(300, 60),
    Attempt.API_WRONG_BY_ADDRESS: Limit(20, 60),
    Attempt.API_BY_TOKEN: Limit(600, 60),
}

MAX_KEYS = 10_000
"""Of each limit. Clients choose the keys, so one who has many addresses would fill the memory."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """Attempts in the window with this number, and in the one before it."""

    window: int = 0
    current: int = 0
    previous: int = 0


class Limiter:
    """Counts attempts in a sliding window, in this process's memory; safe to share between threads.

    The sliding window is approximated from two fixed ones: each attempt in the previous one counts as much as the
    part of it that the sliding window still covers. Each limit remembers the `max_keys` keys that were used last.
    """

    def __init__(
        self,
        limits: Mapping[Attempt, Limit] = LIMITS,
        *,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._known: dict[Attempt, LRUCache[str, _Counts]] = {attempt: LRUCache(max_keys) for attempt in limits}

    def wait(self, attempt: Attempt, key: str) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed."""
        with self._lock:
            counts, seconds = self._counts_and_delay(attempt, key)
            if not seconds:
                self._known[attempt][key] = _Counts(counts.window, counts.current + 1, counts.previous)
            return seconds

    def delay(self, attempt: Attempt, key: str) -> int:
        """The seconds until the next attempt is allowed, 0 if it is now; counts nothing."""
        with self._lock:
            return self._counts_and_delay(attempt, key)[1]

    def clear(self, attempt: Attempt, key: str) -> None:
        """Forget the attempts with this key."""
        with self._lock:
            self._known[attempt].pop(key, None)

    def _counts_and_delay(self, attempt: Attempt, key: str) -> tuple[_Counts, int]:
        limit = self._limits[attempt]
        window, passed = divmod(self._clock(), limit.seconds)
        known = self._known[attempt].get(key, _Counts())
        match window - known.window:
            case 0:
                counts = known
            case 1:
                counts = _Counts(int(window), 0, known.current)
            case _:
                counts = _Counts(int(window))
        allowed_at = limit.seconds * _windows_until_allowed(limit.times, counts.current, counts.previous)
        # Without rounding, 20.000000000000004 would be 21 seconds.
        return counts, max(0, math.ceil(round(allowed_at - passed, 3)))


def _windows_until_allowed(times: int, current: int, previous: int) -> float:
    """How many windows after the begin of the current one a further attempt is allowed: 0 to 2."""
    if current >= times:
        return 1 + _windows_until_allowed(times, 0, current)
    return max(0.0, 1 - (times - current) / previous) if previous else 0.0
