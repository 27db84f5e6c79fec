"""Messages to readers and staff that notices could not send."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMessage:
    """A message that could not be sent; the recipient's address is masked."""

    id: int
    kind: str
    channel: str
    recipient: str
    error: str
    since: datetime | None
