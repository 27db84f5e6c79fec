"""The table of sessions."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert

from marketplace.store.schema import sessions


class Sessions:
    """The sessions of accounts, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, session_key: str, reader_id: int, expires_at: datetime) -> None:
        """Begin a session of an account."""
        row = {"session_key": session_key, "reader_id": reader_id, "expires_at": expires_at}
        self._connection.execute(insert(sessions).values(row))

    def remove(self, session_key: str) -> None:
        """End a session, if it has not ended."""
        self._connection.execute(delete(sessions).where(sessions.c.session_key == session_key))

    def remove_of(self, reader_id: int) -> None:
        """End all sessions of an account."""
        self._connection.execute(delete(sessions).where(sessions.c.reader_id == reader_id))

    def remove_expired(self, moment: datetime) -> None:
        """Delete the sessions that have expired."""
        self._connection.execute(delete(sessions).where(sessions.c.expires_at <= moment))
