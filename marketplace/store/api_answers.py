"""The table of answers that repeated requests of the API get again."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from marketplace.domain.api_tokens import KEY_LIFETIME, Answer
from marketplace.store.schema import api_answers


class StoredAnswers:
    """The answers to requests with an idempotency key, within one transaction.

    Lock the reader for whom the token acts first: a request with the same key waits there for the answer.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, token_id: int, key: str) -> tuple[Answer, str] | None:
        """The answer to the request of this token with this key, and the request's digest."""
        row = self._connection.execute(
            select(api_answers).where(api_answers.c.token_id == token_id, api_answers.c.idempotency_key == key)
        ).first()
        return row and (Answer(status=row.status, headers=row.headers, body=row.body), row.digest)

    def put(self, token_id: int, key: str, digest: str, answer: Answer, *, at: datetime) -> None:
        """Keep the answer to a request with this digest."""
        self._connection.execute(
            insert(api_answers).values(
                token_id=token_id,
                idempotency_key=key,
                digest=digest,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                answered_at=at,
            )
        )

    def remove_old(self, moment: datetime) -> None:
        """Delete the answers that have been kept long enough."""
        self._connection.execute(delete(api_answers).where(api_answers.c.answered_at <= moment - KEY_LIFETIME))
