"""The shop's own copy of interactions, so that readers' pages work without Recommendations."""

from typing import Any

from sqlalchemy import Connection, Row, String, bindparam, cast, delete, func, insert, select, union_all, update

from marketplace.domain.errors import InteractionNotFound
from marketplace.domain.interactions import PREFERENCE_KINDS, Action, Interaction, InteractionKind, Ratings
from marketplace.store.schema import NUL, books, interactions

_OF_READER = (
    select(interactions)
    .where(interactions.c.reader_id == bindparam("reader"))
    .order_by(interactions.c.occurred_at.desc(), interactions.c.interaction_id)
)
# Every page of a reader runs this query, and building the statement costs more than executing it.
_LATEST = _OF_READER.limit(bindparam("limit")).offset(bindparam("offset"))

_BETWEEN_ACTIONS, _IN_ACTION = ",", " "
_latest = _OF_READER.limit(bindparam("limit")).subquery()
_book, _kind, _half_stars = (
    cast(part, String) for part in (_latest.c.book_id, _latest.c.kind, func.coalesce(_latest.c.half_stars, 0))
)
# All in one row: SQLite's driver lets another thread run before each row.
_ACTIONS = select(func.aggregate_strings(_book + _IN_ACTION + _kind + _IN_ACTION + _half_stars, _BETWEEN_ACTIONS))


class Interactions:
    """Interactions, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, interaction: Interaction) -> None:
        """Store an interaction with a new id; a reader has at most one rating and one dismissal of a book."""
        row = {
            "interaction_id": interaction.id,
            "reader_id": interaction.reader_id,
            "book_id": interaction.book_id,
            "kind": int(interaction.kind),
            "half_stars": interaction.half_stars,
            "recommendation_id": interaction.recommendation_id,
            "occurred_at": interaction.occurred_at,
        }
        self._connection.execute(insert(interactions).values(row))

    def get(self, reader_id: int, interaction_id: str) -> Interaction:
        """An interaction of this reader.

        Raises InteractionNotFound, also for another reader's.
        """
        if NUL in interaction_id:
            raise InteractionNotFound
        statement = self._of(reader_id).where(interactions.c.interaction_id == interaction_id)
        row = self._connection.execute(statement).first()
        if row is None:
            raise InteractionNotFound
        return _interaction(row)

    def remove(self, interaction_id: str) -> None:
        self._connection.execute(delete(interactions).where(interactions.c.interaction_id == interaction_id))

    def with_book(self, reader_id: int, book_id: int) -> list[Interaction]:
        """This reader's interactions with a book, latest first."""
        statement = self._of(reader_id).where(interactions.c.book_id == book_id)
        return [_interaction(row) for row in self._connection.execute(statement)]

    def latest(self, reader_id: int, limit: int, offset: int = 0) -> list[Interaction]:
        """This reader's interactions, latest first."""
        parameters = {"reader": reader_id, "limit": limit, "offset": offset}
        return [_interaction(row) for row in self._connection.execute(_LATEST, parameters)]

    def actions(self, reader_id: int, limit: int) -> list[Action]:
        """What this reader did, latest first."""
        joined = self._connection.execute(_ACTIONS, {"reader": reader_id, "limit": limit}).scalar() or ""
        return [_action(*map(int, action.split(_IN_ACTION))) for action in joined.split(_BETWEEN_ACTIONS) if action]

    def count(self, reader_id: int) -> int:
        counted = select(func.count()).where(interactions.c.reader_id == reader_id)
        return int(self._connection.execute(counted).scalar_one())

    def ratings(self, book_id: int) -> Ratings:
        """The number and the mean of a book's ratings, here and in the imported history."""
        here = select(func.count(), func.coalesce(func.sum(interactions.c.half_stars), 0)).where(
            interactions.c.book_id == book_id, interactions.c.kind == InteractionKind.RATING
        )
        imported = select(books.c.imported_ratings, books.c.imported_half_stars).where(books.c.book_id == book_id)
        rows = self._connection.execute(union_all(here, imported)).all()
        count, half_stars = map(sum, zip(*rows, strict=True))
        return Ratings(count, half_stars / count / 2 if count else 0.0)

    def preferences(self, reader_id: int) -> list[Interaction]:
        """All ratings and dismissals of this reader."""
        statement = self._of(reader_id).where(interactions.c.kind.in_(PREFERENCE_KINDS))
        return [_interaction(row) for row in self._connection.execute(statement)]

    def move(self, from_reader: int, into_reader: int) -> None:
        """Move one reader's interactions to another; they must not both have rated, or both dismissed, a book."""
        statement = update(interactions).where(interactions.c.reader_id == from_reader)
        self._connection.execute(statement.values(reader_id=into_reader))

    def _of(self, reader_id: int) -> Any:
        return _OF_READER.params(reader=reader_id)


def _interaction(row: Row[Any]) -> Interaction:
    return Interaction(
        id=row.interaction_id,
        reader_id=row.reader_id,
        book_id=row.book_id,
        kind=InteractionKind(row.kind),
        occurred_at=row.occurred_at,
        recommendation_id=row.recommendation_id,
        half_stars=row.half_stars,
    )


def _action(book_id: int, kind: int, half_stars: int) -> Action:
    return Action(book_id, InteractionKind(kind), half_stars)
