"""What Recommendations must still be told, in the order in which it happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from marketplace.domain import GREATEST_ID, Interaction, InteractionKind
from marketplace.store.schema import outbox

INTERACTION = "interaction"


class MalformedEvent(Exception):
    """A row of the outbox cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event that waits, as it is stored."""

    event_id: int
    kind: str
    payload: Any

    def interaction(self) -> Interaction:
        """The interaction in it.

        Raises MalformedEvent.
        """
        if self.kind != INTERACTION:
            raise MalformedEvent(f"unknown kind of event {self.kind!r}")
        try:
            return _interaction(self.payload)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MalformedEvent(f"malformed payload: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class OutboxLength:
    """How many events wait, since when the oldest does, and how many were refused for good."""

    waiting: int
    oldest: datetime | None
    refused: int


class Outbox:
    """The outbox, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, interaction: Interaction, *, created_at: datetime) -> None:
        """Put an interaction behind the others."""
        row = {"kind": INTERACTION, "payload": _payload(interaction), "created_at": created_at}
        self._connection.execute(insert(outbox).values(row))

    def waiting(self, limit: int) -> list[OutboxRow]:
        """The oldest events that wait."""
        rows = self._connection.execute(
            select(outbox.c.event_id, outbox.c.kind, outbox.c.payload)
            .where(outbox.c.refused_reason.is_(None))
            .order_by(outbox.c.event_id)
            .limit(limit)
        )
        return [OutboxRow(row.event_id, row.kind, row.payload) for row in rows]

    def remove(self, event_ids: Sequence[int]) -> None:
        """Take delivered events out."""
        self._connection.execute(delete(outbox).where(outbox.c.event_id.in_(event_ids)))

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Set events aside, by id with the reason; they stay in the table and wait no more."""
        for event_id, reason in reasons.items():
            refused = update(outbox).where(outbox.c.event_id == event_id).values(refused_reason=reason)
            self._connection.execute(refused)

    def length(self) -> OutboxLength:
        """How full it is."""
        count = select(func.count(), func.min(outbox.c.created_at))
        waiting, oldest = self._connection.execute(count.where(outbox.c.refused_reason.is_(None))).one()
        refused = self._connection.execute(count.where(outbox.c.refused_reason.is_not(None))).one()[0]
        return OutboxLength(waiting=waiting, oldest=oldest, refused=refused)


def _payload(interaction: Interaction) -> dict[str, Any]:
    return {
        "id": interaction.id,
        "reader_id": interaction.reader_id,
        "book_id": interaction.book_id,
        "kind": interaction.kind.name.lower(),
        "occurred_at": interaction.occurred_at.isoformat(),
        "recommendation_id": interaction.recommendation_id,
    }


def _interaction(payload: Any) -> Interaction:
    occurred_at = datetime.fromisoformat(payload["occurred_at"])
    if occurred_at.tzinfo is None:
        raise ValueError("a time without a zone")
    return Interaction(
        id=_text(payload["id"]),
        reader_id=_id(payload["reader_id"]),
        book_id=_id(payload["book_id"]),
        kind=InteractionKind[payload["kind"].upper()],
        occurred_at=occurred_at,
        recommendation_id=_text(payload["recommendation_id"]),
    )


def _id(value: Any) -> int:
    if not (isinstance(value, int) and 0 < value <= GREATEST_ID):
        raise ValueError("not an id")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()  # a lone surrogate would fail when the message is made
    return value
