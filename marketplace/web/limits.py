"""Rate limits."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from threading import Lock

from cachetools import LRUCache

from marketplace.domain.limits import Counts, Limit
from marketplace.usecases.shared_attempts import SharedAttempts


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

IN_MEMORY = frozenset(
    {
        Attempt.GUEST_BY_ADDRESS,
        Attempt.OPENING_BY_READER,
        Attempt.SEARCH_BY_ADDRESS,
        Attempt.SUGGEST_BY_ADDRESS,
        Attempt.API_WRONG_BY_ADDRESS,
        Attempt.API_BY_TOKEN,
    }
)
"""What each process counts for itself: these limits spare the processor and the database, and a page that is only
read must not wait for a write. The others hold over all processes: they protect passwords, mailboxes and staff."""

MAX_KEYS = 10_000
"""Of each limit in memory. Clients choose the keys, so one who has many addresses would fill it."""


class Limiter:
    """Counts attempts in sliding windows; safe to share between threads.

    Those in memory remember, for each limit, the `max_keys` keys that were used last. All are there without `shared`.
    """

    def __init__(
        self,
        limits: Mapping[Attempt, Limit] = LIMITS,
        *,
        shared: SharedAttempts | None = None,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` returns seconds."""
        self._limits = limits
        self._shared = shared
        self._clock = clock
        self._lock = Lock()
        self._known: dict[Attempt, LRUCache[str, Counts]] = {attempt: LRUCache(max_keys) for attempt in limits}

    def wait(self, attempt: Attempt, key: str) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed.

        This and the others raise StoreUnavailable, for attempts that are not counted in memory.
        """
        if shared := self._shared_for(attempt):
            return shared.wait(attempt.value, key, self._limits[attempt])
        with self._lock:
            counts, seconds = self._counts_and_delay(attempt, key)
            if not seconds:
                self._known[attempt][key] = replace(counts, current=counts.current + 1)
            return seconds

    def delay(self, attempt: Attempt, key: str) -> int:
        """The seconds until the next attempt is allowed, 0 if it is now; counts nothing."""
        if shared := self._shared_for(attempt):
            return shared.delay(attempt.value, key, self._limits[attempt])
        with self._lock:
            return self._counts_and_delay(attempt, key)[1]

    def clear(self, attempt: Attempt, key: str) -> None:
        """Forget the attempts with this key."""
        if shared := self._shared_for(attempt):
            shared.clear(attempt.value, key)
            return
        with self._lock:
            self._known[attempt].pop(key, None)

    def _shared_for(self, attempt: Attempt) -> SharedAttempts | None:
        return None if attempt in IN_MEMORY else self._shared

    def _counts_and_delay(self, attempt: Attempt, key: str) -> tuple[Counts, int]:
        limit = self._limits[attempt]
        window, passed = divmod(self._clock(), limit.seconds)
        counts = self._known[attempt].get(key, Counts()).at(int(window))
        return counts, counts.delay(limit, passed)
