"""Collaborators that tests hand to the demo provider instead of real ones."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Killed(BaseException):
    """The process ends here: nothing in it runs on."""


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class FakeShop:
    """Hears what it is told; answers `status`, before and after which a test may do something else."""

    def __init__(self, status: int | None = 200) -> None:
        self.status = status
        self.heard: list[tuple[str, str, str]] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def call(self, url: str, token: str, outcome: str) -> int | None:
        self.before()
        self.heard.append((url, token, outcome))
        self.after()
        return self.status
