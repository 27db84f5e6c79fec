"""The table of pictures."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, select

from marketplace.domain.links import PICTURES, Picture
from marketplace.store.schema import HAS_OWN_PICTURE, books, link_previews, pictures
from servicekit.database.statements import insert_into, is_any_of


class Pictures:
    """Pictures, within one transaction. Links and books refer to them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, picture: Picture, *, at: datetime) -> str:
        """Store a picture, unless it is there; returns its id. It is not pruned within a day."""
        row = {
            "picture_id": picture.id,
            "content": picture.content,
            "width": picture.width,
            "height": picture.height,
            "stored_at": at,
        }
        statement = insert_into(self._connection, pictures).values(row)
        # The new time keeps a prune that waits for this row from deleting it.
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["picture_id"], set_={"stored_at": at})
        )
        return picture.id

    def get(self, picture_id: str) -> Picture | None:
        row = self._connection.execute(select(pictures).where(pictures.c.picture_id == picture_id)).one_or_none()
        return Picture(content=row.content, width=row.width, height=row.height) if row else None

    def remove_unused(self, picture_ids: Iterable[str]) -> None:
        """Delete those of these pictures to which nothing refers."""
        of_these = is_any_of(self._connection, pictures.c.picture_id, picture_ids)
        self._connection.execute(delete(pictures).where(of_these, _is_unused()))

    def prune(self, before: datetime) -> None:
        """Delete the pictures that were stored before and to which nothing refers."""
        self._connection.execute(delete(pictures).where(pictures.c.stored_at < before, _is_unused()))


def _is_unused() -> ColumnElement[bool]:
    of_link = exists().where(link_previews.c.picture_id == pictures.c.picture_id)
    of_book = exists().where(HAS_OWN_PICTURE, books.c.picture == PICTURES + pictures.c.picture_id)
    return ~of_link & ~of_book
