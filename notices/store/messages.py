"""The queue: messages that wait, were sent, or failed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, select, true, update

from notices.domain import Channel, Draft, Message, MessageNotFound, QueueLength, State
from notices.store.schema import messages
from servicekit.database.statements import is_any_of

_FAILED = messages.c.state == State.FAILED.value
_WAITING = messages.c.state == State.WAITING.value


class Messages:
    """The messages, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        draft: Draft,
        *,
        reader_id: int | None,
        at: datetime,
        give_up_at: datetime,
        traceparent: str | None = None,
    ) -> None:
        """Have a message sent; `reader_id` is the reader with whose data it is deleted.

        `traceparent` is the trace that sending it continues.
        """
        row = {
            "event_id": draft.event_id,
            "channel": draft.channel.value,
            "recipient": draft.recipient,
            "reader_id": reader_id,
            "kind": draft.kind,
            "language": draft.language,
            "data": dict(draft.data),
            "created_at": at,
            "next_at": at,
            "give_up_at": give_up_at,
            "traceparent": traceparent,
        }
        self._connection.execute(insert(messages).values(row))

    def is_due(self, channel: Channel, now: datetime) -> bool:
        """Whether a message is to be sent now."""
        due = select(messages.c.message_id).where(*_is_due(channel, now))
        return self._connection.execute(due.limit(1)).one_or_none() is not None

    def claim(self, channel: Channel, holder: str, *, now: datetime, until: datetime) -> Message | None:
        """Give `holder` the message that has been due longest, counting an attempt; None if none is.

        It is due again at `until`, for another process, if this one has not settled it by then.
        """
        due = (
            select(messages)
            .where(*_is_due(channel, now))
            .order_by(messages.c.next_at, messages.c.message_id)
            .limit(1)
            # On PostgreSQL: what another process is claiming just now is its own. SQLite has one writer.
            .with_for_update(skip_locked=True)
        )
        row = self._connection.execute(due).one_or_none()
        if row is None:
            return None
        claimed = {"holder": holder, "next_at": until, "attempts": row.attempts + 1}
        self._connection.execute(update(messages).where(messages.c.message_id == row.message_id).values(claimed))
        return _message(row, attempts=row.attempts + 1)

    def mark_sent(self, message: Message, holder: str, *, at: datetime) -> bool:
        """Mark a claimed message as sent; False if `holder` does not have it any more, or it was deleted.

        What it shows stays for the reader's export, but not the link, which may hold a token, nor what the shop wrote
        to a guest, who has no export.
        """
        data = {name: value for name, value in message.data.items() if name not in {"link", "text"}}
        return self._settle(message, holder, state=State.SENT.value, settled_at=at, last_error="", data=data)

    def mark_failed(self, message: Message, holder: str, *, at: datetime, error: str) -> bool:
        """Mark a claimed message as failed; returns as `mark_sent`."""
        return self._settle(message, holder, state=State.FAILED.value, settled_at=at, last_error=error)

    def postpone(self, message: Message, holder: str, *, until: datetime, error: str) -> bool:
        """Have a claimed message wait; returns as `mark_sent`."""
        return self._settle(message, holder, next_at=until, last_error=error)

    def release_all(self, *, at: datetime) -> None:
        """Have all claimed messages be due again, for a process that knows it is the only one."""
        claimed = and_(_WAITING, messages.c.holder.is_not(None))
        self._connection.execute(update(messages).where(claimed).values(holder=None, next_at=at))

    def failed(self, *, limit: int, offset: int = 0) -> list[Message]:
        """A page of the failed messages, newest first."""
        newest = select(messages).where(_FAILED).order_by(messages.c.settled_at.desc(), messages.c.message_id.desc())
        return self._all(newest.limit(limit).offset(offset))

    def retry(self, message_id: int, *, at: datetime, give_up_at: datetime) -> None:
        """Have a failed message wait again. Raises MessageNotFound."""
        if not self._requeue(messages.c.message_id == message_id, at, give_up_at):
            raise MessageNotFound(f"no failed message {message_id}")

    def retry_all(self, *, at: datetime, give_up_at: datetime) -> int:
        """Have all failed messages wait again; returns how many."""
        return self._requeue(true(), at, give_up_at)

    def of_reader(self, reader_id: int) -> list[Message]:
        """All messages that are deleted with this reader, oldest first."""
        theirs = select(messages).where(messages.c.reader_id == reader_id)
        return self._all(theirs.order_by(messages.c.message_id))

    def delete_of_reader(self, reader_id: int) -> None:
        self._connection.execute(delete(messages).where(messages.c.reader_id == reader_id))

    def move(self, from_reader: int, into_reader: int) -> None:
        """Attach one reader's messages to another, with whose data they are deleted."""
        statement = update(messages).where(messages.c.reader_id == from_reader)
        self._connection.execute(statement.values(reader_id=into_reader))

    def prune(self, before: datetime) -> None:
        """Delete what was sent or failed before."""
        self._connection.execute(delete(messages).where(~_WAITING, messages.c.settled_at < before))

    def existing(self, message_ids: Sequence[int]) -> set[int]:
        """Those of the ids that belong to a message."""
        known = is_any_of(self._connection, messages.c.message_id, message_ids)
        return set(self._connection.execute(select(messages.c.message_id).where(known)).scalars())

    def length(self) -> QueueLength:
        waiting, oldest = self._connection.execute(
            select(func.count(), func.min(messages.c.created_at)).where(_WAITING)
        ).one()
        failed = self._connection.execute(select(func.count()).select_from(messages).where(_FAILED)).scalar_one()
        return QueueLength(waiting=waiting, oldest=oldest, failed=failed)

    def _settle(self, message: Message, holder: str, **values: Any) -> bool:
        held = and_(messages.c.message_id == message.id, messages.c.holder == holder, _WAITING)
        statement = update(messages).where(held).values(holder=None, **values)
        return self._connection.execute(statement).rowcount == 1

    def _requeue(self, condition: ColumnElement[bool], at: datetime, give_up_at: datetime) -> int:
        waiting = {"state": State.WAITING.value, "settled_at": None, "attempts": 0, "last_error": ""}
        statement = update(messages).where(condition, _FAILED)
        return self._connection.execute(statement.values(next_at=at, give_up_at=give_up_at, **waiting)).rowcount

    def _all(self, statement: Select[Any]) -> list[Message]:
        return [_message(row) for row in self._connection.execute(statement)]


def _is_due(channel: Channel, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _WAITING, messages.c.channel == channel.value, messages.c.next_at <= now


def _message(row: Row[Any], **changed: Any) -> Message:
    fields = {**row._mapping, **changed}  # noqa: SLF001  (public in SQLAlchemy despite its name)
    for unused in ("next_at", "holder"):
        del fields[unused]
    fields |= {"channel": Channel(fields["channel"]), "state": State(fields["state"])}
    return Message(id=fields.pop("message_id"), **fields)
