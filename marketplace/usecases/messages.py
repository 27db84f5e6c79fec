"""Messages that notices keeps: those that could not be sent, and a reader's own."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import structlog

from marketplace.domain.errors import NoticesUnavailable, NotSignedIn
from marketplace.domain.messages import FailedMessage
from marketplace.domain.moderation import Action, TablePage
from marketplace.store import Store
from servicekit.clock import now

log = structlog.get_logger()

_T = TypeVar("_T")


class Notices(Protocol):
    """The service that sends messages; every method raises NoticesUnavailable."""

    def failed(self, *, limit: int, offset: int) -> TablePage[FailedMessage]:
        """A page of the failed messages, newest first."""

    def retry(self, message_id: int) -> None:
        """Have a failed message sent again. Raises MessageNotFound."""

    def retry_all(self) -> int:
        """Have all failed messages sent again; returns how many there were."""

    def mails(self, reader_id: int) -> Sequence[Any]:
        """Everything that is kept about a reader, ready for JSON."""


class Messages:
    """The use cases; every method raises NoticesUnavailable, and logs why."""

    def __init__(self, store: Store, notices: Notices, *, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._notices = notices
        self._clock = clock

    def failed(self, *, limit: int, offset: int = 0) -> TablePage[FailedMessage]:
        """A page of the failed messages, newest first."""
        return _logged(lambda: self._notices.failed(limit=limit, offset=offset))

    def retry(self, by: int, message_id: int) -> None:
        """Have a failed message sent again, with an entry in the audit log.

        `by` is the moderator. Raises MessageNotFound, NotSignedIn and StoreUnavailable.
        """
        _logged(lambda: self._notices.retry(message_id))
        self._log(by, Action.MESSAGE_RETRIED, str(message_id), {})

    def retry_all(self, by: int) -> int:
        """Have all failed messages sent again; returns how many there were. Raises as `retry`."""
        count = _logged(self._notices.retry_all)
        if count:
            self._log(by, Action.MESSAGES_RETRIED, "", {"count": count})
        return count

    def mails(self, reader_id: int) -> Sequence[Any]:
        """Everything that is kept about a reader, ready for JSON."""
        return _logged(lambda: self._notices.mails(reader_id))

    def _log(self, by: int, action: Action, subject: str, detail: dict[str, int]) -> None:
        # After the call: no lock of the database is held while another service answers.
        with self._store.write() as work:
            if not work.readers.lock(by):
                raise NotSignedIn
            work.audit.add(by, action, subject, detail, at=self._clock())
            work.commit()


def _logged(call: Callable[[], _T]) -> _T:
    try:
        return call()
    except NoticesUnavailable as error:
        log.warning("notices_unavailable", reason=str(error))
        raise
