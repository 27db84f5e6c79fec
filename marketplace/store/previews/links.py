"""The table of links whose previews were asked for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, select, update

from marketplace.domain.links import Card, Link, LinkState, Preview, link_id
from marketplace.store.schema import conversation_messages, conversations, link_previews, pictures
from servicekit.database.statements import insert_into, is_any_of

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class StoredPreviews:
    """Links, within one transaction.

    A link is locked before the conversations that have it, and several in the order of their ids, which avoids
    deadlocks.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, url: str, *, at: datetime) -> bool:
        """Note that a link is used; whether its preview is now to be fetched, as no fresh one was asked for.

        The link is locked until the end of the transaction.
        """
        row = {
            "link_id": link_id(url),
            "url": url,
            "state": LinkState.ASKED.value,
            "error": "",
            "attempts": 0,
            "asked_at": _NEVER,
            "used_at": at,
        }
        statement = insert_into(self._connection, link_previews).values(row)
        statement = statement.on_conflict_do_update(index_elements=["link_id"], set_={"used_at": at})
        stored = _link(self._connection.execute(statement.returning(link_previews)).one())
        if stored.is_fresh(at):
            return False
        asked = {"state": LinkState.ASKED.value, "error": "", "attempts": 0, "asked_at": at, "retry_at": None}
        self._update(stored.id, asked)
        return True

    def get(self, of: str) -> Link | None:
        """The link with this id."""
        row = self._connection.execute(select(link_previews).where(link_previews.c.link_id == of)).one_or_none()
        return _link(row) if row else None

    def lock(self, of: str) -> Link | None:
        """The link with this id, locked against changes until the end of the transaction."""
        own = select(link_previews).where(link_previews.c.link_id == of).with_for_update()
        row = self._connection.execute(own).one_or_none()
        return _link(row) if row else None

    def succeed(self, of: str, preview: Preview, picture_id: str | None) -> None:
        """Store what a link leads to."""
        values = {
            "state": LinkState.READY.value,
            "error": "",
            "title": preview.title,
            "description": preview.description,
            "site": preview.site,
            "authors": list(preview.authors),
            "isbn": preview.isbn,
            "picture_id": picture_id,
            "retry_at": None,
        }
        self._update(of, values)

    def fail(self, of: str, error: str, *, attempts: int, retry_at: datetime | None) -> None:
        """Store why the last try failed, and when the next one is due; None: it has failed for good.

        It changes nothing if another try has succeeded meanwhile.
        """
        state = LinkState.FAILED if retry_at is None else LinkState.ASKED
        values = {"state": state.value, "error": error, "attempts": attempts, "retry_at": retry_at}
        is_waiting = link_previews.c.state == LinkState.ASKED.value
        own = update(link_previews).where(link_previews.c.link_id == of, is_waiting)
        self._connection.execute(own.values(values))

    def take_due(self, now: datetime) -> Sequence[str]:
        """The ids of the links whose next try is due, which from now on is not."""
        due = link_previews.c.retry_at <= now
        statement = update(link_previews).where(due).values(retry_at=None).returning(link_previews.c.link_id)
        return self._connection.execute(statement).scalars().all()

    def lock_of(self, reader_id: int) -> Sequence[str]:
        """The ids of the links in a reader's conversations, locked against changes."""
        in_messages = (
            select(conversation_messages.c.link_id)
            .join(conversations, conversations.c.conversation_id == conversation_messages.c.conversation_id)
            .where(conversations.c.reader_id == reader_id)
        )
        return self._locked(link_previews.c.link_id.in_(in_messages))

    def remove_unused(self, ids: Iterable[str]) -> Sequence[str]:
        """Delete those of these links, all locked, that are in no message; returns the ids of their pictures."""
        removed = delete(link_previews).where(is_any_of(self._connection, link_previews.c.link_id, ids), _is_unused())
        found = self._connection.execute(removed.returning(link_previews.c.picture_id)).scalars()
        return [picture_id for picture_id in found if picture_id is not None]

    def unused(self, before: datetime) -> Sequence[str]:
        """The ids of the links that are in no message and were last used before, locked against changes."""
        return self._locked((link_previews.c.used_at < before) & _is_unused())

    def _locked(self, condition: ColumnElement[bool]) -> Sequence[str]:
        ordered = select(link_previews.c.link_id).where(condition).order_by(link_previews.c.link_id)
        return self._connection.execute(ordered.with_for_update()).scalars().all()

    def _update(self, of: str, values: Mapping[str, Any]) -> None:
        self._connection.execute(update(link_previews).where(link_previews.c.link_id == of).values(values))


def cards_of(connection: Connection, ids: Iterable[str]) -> Mapping[str, Card]:
    """What is shown of those of these links that have a preview with a title, by id."""
    of_these = is_any_of(connection, link_previews.c.link_id, ids)
    joined = select(link_previews, pictures.c.width, pictures.c.height).outerjoin(pictures)
    rows = connection.execute(joined.where(of_these, link_previews.c.title != "")).all()
    return {
        row.link_id: Card(
            url=row.url,
            title=row.title,
            description=row.description,
            site=row.site,
            picture_id=row.picture_id,
            width=row.width or 0,
            height=row.height or 0,
        )
        for row in rows
    }


def _is_unused() -> ColumnElement[bool]:
    return ~exists().where(conversation_messages.c.link_id == link_previews.c.link_id)


def _link(row: Row[Any]) -> Link:
    preview = None
    if row.title is not None:
        preview = Preview(
            title=row.title,
            description=row.description,
            site=row.site,
            authors=tuple(row.authors),
            isbn=row.isbn,
        )
    return Link(
        url=row.url,
        state=LinkState(row.state),
        error=row.error,
        attempts=row.attempts,
        asked_at=row.asked_at,
        preview=preview,
        picture_id=row.picture_id,
    )
