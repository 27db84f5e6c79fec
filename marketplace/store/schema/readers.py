"""The tables of readers, accounts, sessions, links, interactions and wishlists."""

from sqlalchemy import Boolean, Column, ForeignKey, Identity, Index, Integer, SmallInteger, String, Table, Text, false

from marketplace.domain.ids import FIRST_SHOP_ID
from marketplace.domain.interactions import InteractionKind
from marketplace.store.schema.base import metadata
from servicekit.database.columns import UtcDateTime

readers = Table(
    "readers",
    metadata,
    Column("reader_id", Integer, Identity(start=FIRST_SHOP_ID), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    # Ids are never reused: without this SQLite would reuse the largest one after a deletion.
    sqlite_autoincrement=True,
)

accounts = Table(
    "accounts",
    metadata,
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("is_moderator", Boolean, nullable=False, server_default=false()),
    Column("language", String(10)),
    Column("email_confirmed_at", UtcDateTime),
)
Index("ix_accounts_email", accounts.c.email, unique=True)

sessions = Table(
    "sessions",
    metadata,
    # The cookie carries it.
    Column("session_key", String(64), primary_key=True),
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_sessions_of_reader", sessions.c.reader_id)
Index("ix_sessions_expired", sessions.c.expires_at)

# The links in mails: at most one for each purpose of an account.
account_links = Table(
    "account_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    # None in a decoy: a password reset was requested for an address without an account.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE")),
    Column("purpose", String(10), nullable=False),
    Column("email", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_account_links_of_reader", account_links.c.reader_id, account_links.c.purpose, unique=True)
Index("ix_account_links_expired", account_links.c.expires_at)

interactions = Table(
    "interactions",
    metadata,
    Column("interaction_id", String(100), primary_key=True),
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), nullable=False),
    # No foreign key: a reader keeps their history when a book is removed from the catalogue.
    Column("book_id", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("half_stars", SmallInteger),
    Column("recommendation_id", String(64), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
)
Index("ix_interactions_of_reader", interactions.c.reader_id, interactions.c.occurred_at)
_IS_PREFERENCE = interactions.c.kind.in_([InteractionKind.RATING, InteractionKind.NOT_INTERESTED])
# A reader rates or dismisses a book at most once; the order of the columns serves the average of a book's ratings.
Index(
    "ix_interactions_opinions",
    interactions.c.book_id,
    interactions.c.kind,
    interactions.c.reader_id,
    unique=True,
    sqlite_where=_IS_PREFERENCE,
    postgresql_where=_IS_PREFERENCE,
)

wishes = Table(
    "wishes",
    metadata,
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), primary_key=True),
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
)
