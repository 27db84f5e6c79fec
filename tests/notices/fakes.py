"""Fakes of what sends."""

from collections.abc import Callable

from notices.domain import Message
from notices.rendering import Rendered


class FakeTransport:
    """Records what is sent; a test may act, or raise, before and after."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.rested = 0
        self.before: Callable[[Message], object] = lambda _message: None
        self.after: Callable[[Message], object] = lambda _message: None

    @property
    def ids(self) -> list[int]:
        return [message.id for message in self.sent]

    def send(self, message: Message, _rendered: Rendered) -> None:
        self.before(message)
        self.sent.append(message)
        self.after(message)

    def rest(self) -> None:
        self.rested += 1


def failing(error: BaseException) -> Callable[[Message], object]:
    """What raises the error for every message."""

    def fail(_message: Message) -> None:
        raise error

    return fail
