"""Fakes for the demo provider."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Killed(BaseException):
    """The process is killed."""


class Clock:
    """A manual clock."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class FakeShop:
    """Records the calls and answers `status`; a test may act before and after each call."""

    def __init__(self, status: int | None = 200) -> None:
        self.status = status
        self.calls: list[tuple[str, str, str]] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def call(self, url: str, token: str, outcome: str) -> int | None:
        self.before()
        self.calls.append((url, token, outcome))
        self.after()
        return self.status
