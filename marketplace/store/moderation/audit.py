"""The audit log of moderators' actions; entries are never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from marketplace.domain.moderation import Action, AuditEntry, TablePage
from marketplace.store.schema import accounts, audit

MAX_SUBJECT_LENGTH = 100


class Audit:
    """The audit log, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, by: int, action: Action, subject: str, detail: Mapping[str, Any], *, at: datetime) -> None:
        """Log an action; its `subject` is the id of an order, book or event, or the name of a file."""
        row = {"at": at, "reader_id": by, "action": action.value, "subject": subject[:MAX_SUBJECT_LENGTH]}
        self._connection.execute(insert(audit).values(**row, detail=dict(detail)))

    def page(self, *, limit: int, offset: int = 0) -> TablePage[AuditEntry]:
        """A page of all entries, newest first."""
        total = self._connection.execute(select(func.count()).select_from(audit)).scalar_one()
        entries = select(audit, accounts.c.email).join_from(
            audit, accounts, accounts.c.reader_id == audit.c.reader_id, isouter=True
        )
        rows = self._connection.execute(entries.order_by(audit.c.entry_id.desc()).limit(limit).offset(offset))
        return TablePage(tuple(_entry(row) for row in rows), total)


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(at=row.at, email=row.email, action=Action(row.action), subject=row.subject, detail=row.detail)
