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

from marketplace.domain import FIRST_ID_MADE_HERE, InteractionKind
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

accounts = Table(
    "accounts",
    metadata,
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    # What a signed-in cookie must carry: another one ends every session.
    Column("session_key", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
Index("ix_accounts_email", accounts.c.email, unique=True)

history = Table(
    "history",
    metadata,
    Column("interaction_id", String(100), primary_key=True),
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), nullable=False),
    # No foreign key: what a reader did stays theirs when the book leaves the catalogue.
    Column("book_id", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("half_stars", SmallInteger),
    Column("recommendation_id", String(64), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
)
Index("ix_history_of_reader", history.c.reader_id, history.c.occurred_at)
_IS_OPINION = history.c.kind.in_([InteractionKind.RATING, InteractionKind.NOT_INTERESTED])
# A reader has one opinion of each kind about a book; ratings are averaged by book.
Index(
    "ix_history_opinions",
    history.c.book_id,
    history.c.kind,
    history.c.reader_id,
    unique=True,
    sqlite_where=_IS_OPINION,
    postgresql_where=_IS_OPINION,
)

wishes = Table(
    "wishes",
    metadata,
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), primary_key=True),
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
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
    # Whose event it is, so that forgetting a reader takes it along.
    Column("reader_id", Integer),
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
