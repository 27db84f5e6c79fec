"""Ways to send a message: by SMTP, by Telegram, or into a folder."""

from typing import Protocol

from notices.domain import Message, PermanentFailure
from notices.rendering import Rendered


class Transport(Protocol):
    """Sends the messages of one channel, one at a time."""

    def send(self, message: Message, rendered: Rendered) -> None:
        """Send a message. Raises TemporaryFailure and PermanentFailure."""

    def rest(self) -> None:
        """No message is waiting: close what should not stay open."""


class NotSetUp:
    """A channel that the settings no longer have; what waits for it fails, and can be retried."""

    def __init__(self, cause: str) -> None:
        self._cause = cause

    def send(self, message: Message, rendered: Rendered) -> None:  # noqa: ARG002
        """Raises PermanentFailure."""
        raise PermanentFailure(self._cause)

    def rest(self) -> None:
        """Nothing is open."""
