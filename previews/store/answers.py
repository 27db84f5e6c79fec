"""What is known about a URL: a preview or a failure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from previews.domain import FAILURES, FetchError, Preview
from previews.store.schema import answers
from servicekit.database.statements import insert_into

Answer = Preview | FetchError


def find(connection: Connection, url: str, *, at: datetime) -> Answer | None:
    """What is known about a URL at that time, if anything."""
    row = connection.execute(
        select(answers.c.preview, answers.c.failure).where(answers.c.url == url, answers.c.expires_at > at)
    ).one_or_none()
    if row is None:
        return None
    if row.failure is None:
        return _preview(row.preview)
    # A failure that this version does not know is tried again.
    failure = FAILURES.get(row.failure)
    return failure() if failure else None


def put(connection: Connection, url: str, answer: Answer, *, expires_at: datetime) -> None:
    """Keep what is known about a URL instead of what was known before."""
    row = {
        "preview": asdict(answer) if isinstance(answer, Preview) else None,
        "failure": type(answer).__name__ if isinstance(answer, FetchError) else None,
        "expires_at": expires_at,
    }
    inserting = insert_into(connection, answers).values(url=url, **row)
    connection.execute(inserting.on_conflict_do_update(index_elements=["url"], set_=row))


def prune(connection: Connection, before: datetime) -> None:
    """Delete what has expired."""
    connection.execute(delete(answers).where(answers.c.expires_at <= before))


def _preview(stored: Mapping[str, Any]) -> Preview:
    return Preview(**{**stored, "authors": tuple(stored["authors"])})
