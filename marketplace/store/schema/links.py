"""The tables of links, what they lead to, and pictures."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from marketplace.store.schema.base import metadata
from servicekit.database.columns import UtcDateTime

pictures = Table(
    "pictures",
    metadata,
    # The SHA-256 of the content, a JPEG file.
    Column("picture_id", String(64), primary_key=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    # The last one: SQLite reads what is before a column, and pruning looks at every row.
    Column("content", LargeBinary, nullable=False),
)

link_previews = Table(
    "link_previews",
    metadata,
    # The SHA-256 of the URL, which may be too long for an index.
    Column("link_id", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("state", String(6), nullable=False),
    # The status code of the last try, "" if it did not fail.
    Column("error", String(32), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    # When somebody last wrote or filled in the link.
    Column("used_at", UtcDateTime, nullable=False),
    # NULL: no further try is due.
    Column("retry_at", UtcDateTime),
    # NULL: no try has succeeded, and what follows is NULL too.
    Column("title", Text),
    Column("description", Text),
    Column("site", Text),
    Column("authors", JSON(none_as_null=True)),
    Column("isbn", Text),
    # NULL: there is no picture.
    Column("picture_id", ForeignKey("pictures.picture_id")),
)
Index("ix_link_previews_used_at", link_previews.c.used_at)
Index("ix_link_previews_retry_at", link_previews.c.retry_at)
Index("ix_link_previews_picture_id", link_previews.c.picture_id)
