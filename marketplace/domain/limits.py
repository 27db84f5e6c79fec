"""Limits of how often something may be tried, in a sliding window."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` attempts in any window of `seconds`."""

    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Attempts in the fixed window with this number, and in the one before it.

    The sliding window is approximated from them: each attempt in the previous one counts as much as the part of it
    that the sliding window still covers.
    """

    window: int = 0
    current: int = 0
    previous: int = 0

    def at(self, window: int) -> "Counts":
        """As they are in a later window; the same in an earlier one, for clocks are not quite equal."""
        match window - self.window:
            case 1:
                return Counts(window, 0, self.current)
            case passed if passed > 1:
                return Counts(window)
        return self

    def delay(self, limit: Limit, passed: float) -> int:
        """The seconds until a further attempt is allowed, `passed` seconds into the window; 0 if it is now."""
        allowed_at = limit.seconds * _windows_until_allowed(limit.times, self.current, self.previous)
        # Without rounding, 20.000000000000004 would be 21 seconds.
        return max(0, math.ceil(round(allowed_at - passed, 3)))


def _windows_until_allowed(times: int, current: int, previous: int) -> float:
    """How many windows after the begin of the current one a further attempt is allowed: 0 to 2."""
    if current >= times:
        return 1 + _windows_until_allowed(times, 0, current)
    return max(0.0, 1 - (times - current) / previous) if previous else 0.0
