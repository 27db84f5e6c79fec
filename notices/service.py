"""The use cases of notices, but for sending: events come in, and operators look at what failed.

An event and its messages are stored in one transaction before the event is acknowledged, so a kill loses nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from events.envelope import Event, InvalidEvent, UnknownType
from events.types import NOTICES_TYPES, ReaderDeleted, ReadersMerged
from notices.domain import Draft, Message, QueueLength
from notices.drafts import Staff, drafts_of
from notices.store import Store, UnitOfWork
from notices.store.schema import MAX_EVENT_ID_LENGTH
from servicekit.clock import now
from servicekit.tracing.spans import Kind, recorded, span

log = structlog.get_logger()

TRY_FOR = timedelta(days=2)
"""How long sending a message is tried."""

KEEP_EVENTS = timedelta(days=28)
"""How long a repeated event is recognised.

The shop sends an event again, at most two seconds apart, until it is acknowledged, and then never again. So a
repetition comes seconds after the first time, or as soon as a relay that was killed or cut off in between runs again.
"""

_PROCESSED = {
    "messaging.system": "outbox",
    "messaging.operation.type": "process",
    "messaging.operation.name": "process",
    "messaging.destination.name": "notices",
}


class Files(Protocol):
    """The mails that are kept as files."""

    def discard(self, messages: Iterable[Message]) -> None:
        """Delete the files of these messages. Raises OSError."""

    def discard_unknown(self, known: Callable[[list[int]], set[int]]) -> None:
        """Delete the files of messages whose ids `known` does not return."""


class Notices:
    """The use cases; every method raises StoreUnavailable."""

    def __init__(
        self,
        store: Store,
        files: Files,
        *,
        staff: Staff,
        keep: timedelta = timedelta(days=30),
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`keep` is how long sent and failed messages are kept."""
        self._store = store
        self._files = files
        self._staff = staff
        self._keep = keep
        self._clock = clock

    def accept(self, event: Event) -> bool:
        """Store an event and the messages that it asks for; False if it was accepted before.

        Raises InvalidEvent, also UnknownType for a type that notices does not receive.
        """
        if event.type not in NOTICES_TYPES:
            raise UnknownType("the type is not one that notices receives")
        if len(event.id) > MAX_EVENT_ID_LENGTH or "\0" in event.id:
            raise InvalidEvent(f"malformed: id must have at most {MAX_EVENT_ID_LENGTH} characters")
        drafts = drafts_of(event, self._staff)
        with span(f"process {event.type}", Kind.CONSUMER, parent=event.traceparent, attributes=_PROCESSED):
            is_new = self._store_new(event, drafts)
            if is_new:
                log.info("event_accepted", event_id=event.id, type=event.type)
            else:
                log.info("event_repeated", event_id=event.id, type=event.type)
        return is_new

    def about(self, reader_id: int) -> list[Message]:
        """Everything that is kept about a reader, oldest first."""
        with self._store.read() as work:
            return work.messages.of_reader(reader_id)

    def failed(self, *, limit: int, offset: int = 0) -> list[Message]:
        """A page of the failed messages, newest first."""
        with self._store.read() as work:
            return work.messages.failed(limit=limit, offset=offset)

    def retry(self, message_id: int) -> None:
        """Have a failed message sent again. Raises MessageNotFound."""
        moment = self._clock()
        with self._store.write() as work:
            work.messages.retry(message_id, at=moment, give_up_at=moment + TRY_FOR)
            work.commit()
        log.info("message_retried", message_id=message_id)

    def retry_all(self) -> int:
        """Have all failed messages sent again; returns how many there were."""
        moment = self._clock()
        with self._store.write() as work:
            count = work.messages.retry_all(at=moment, give_up_at=moment + TRY_FOR)
            work.commit()
        log.info("messages_retried", count=count)
        return count

    def length(self) -> QueueLength:
        """How many messages wait, since when, and how many failed."""
        with self._store.read() as work:
            return work.messages.length()

    def tidy(self) -> None:
        """Delete what has been kept for long enough, and files of messages that are not kept any more."""
        moment = self._clock()
        with self._store.write() as work:
            work.messages.prune(moment - self._keep)
            work.inbox.prune(moment - KEEP_EVENTS)
            work.commit()
        self._files.discard_unknown(self._known)

    def _known(self, message_ids: list[int]) -> set[int]:
        with self._store.read() as work:
            return work.messages.existing(message_ids)

    def _store_new(self, event: Event, drafts: Sequence[Draft]) -> bool:
        """Store an event and its messages; False if it was accepted before."""
        moment = self._clock()
        with self._store.write() as work:
            is_new = work.inbox.add(event.id, at=moment)
            if is_new:
                match event.data:
                    case ReaderDeleted() as deleted:
                        self._delete(work, deleted.reader_id, moment)
                    case ReadersMerged() as merged:
                        self._merge(work, merged, moment)
                for draft in drafts:
                    # A late event of a deleted reader brings nothing back.
                    reader_id = None if draft.reader_id is None else work.inbox.current_reader(draft.reader_id)
                    if reader_id is not None or draft.reader_id is None:
                        work.messages.add(
                            draft,
                            reader_id=reader_id,
                            at=moment,
                            give_up_at=moment + TRY_FOR,
                            traceparent=recorded(),
                        )
            work.commit()
        return is_new

    def _delete(self, work: UnitOfWork, reader_id: int, moment: datetime) -> None:
        # The files first: if this ends before the commit, the event comes again.
        self._files.discard(work.messages.of_reader(reader_id))
        work.messages.delete_of_reader(reader_id)
        work.inbox.bury(reader_id, into=None, at=moment)

    def _merge(self, work: UnitOfWork, merged: ReadersMerged, moment: datetime) -> None:
        into = work.inbox.current_reader(merged.reader_id)
        if into is None:
            self._delete(work, merged.from_reader, moment)
        elif into != merged.from_reader:
            work.messages.move(merged.from_reader, into)
            work.inbox.bury(merged.from_reader, into=into, at=moment)
