"""The tables of the shop."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from marketplace.domain import FIRST_ID_MADE_HERE
from servicekit.columns import BIG_ID, UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


books = Table(
    "books",
    metadata,
    Column("book_id", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("year", Integer),
    Column("isbn", Text, nullable=False),
    Column("subjects", JSON, nullable=False),
    Column("description", Text, nullable=False),
    Column("price_minor", BigInteger),
    Column("currency", String(3)),
    Column("stock", Integer),
    Column("picture", Text, nullable=False),
    Column("reader_count", Integer, nullable=False, server_default="0"),
)
Index("ix_books_best_sellers", books.c.reader_count.desc(), books.c.book_id)

book_categories = Table(
    "book_categories",
    metadata,
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("category", SmallInteger, primary_key=True),
    Column("position", SmallInteger, nullable=False),
)

readers = Table(
    "readers",
    metadata,
    Column("reader_id", Integer, Identity(start=FIRST_ID_MADE_HERE), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    # Ids are given out once: without this SQLite would give the greatest one again after a deletion.
    sqlite_autoincrement=True,
)

imported_history = Table(
    "imported_history",
    metadata,
    Column("reader_id", Integer, primary_key=True, autoincrement=False),
    # No foreign key: a book that is not in the catalogue yet counts once it arrives.
    Column("book_id", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", BIG_ID, Identity(), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("refused_reason", Text),
    # A relay that deletes what it delivered must never meet an id for the second time.
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.event_id,
    sqlite_where=outbox.c.refused_reason.is_(None),
    postgresql_where=outbox.c.refused_reason.is_(None),
)
