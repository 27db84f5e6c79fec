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

# Both databases must sort alike, whatever the locale of PostgreSQL.
BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")

NUL = "\0"
"""No text of PostgreSQL holds it, and asked for one that does it fails instead of finding nothing."""


def is_portable(_item: object, name: str | None, *_: object) -> bool:
    """Whether a table, column or index is the same on both databases, for Alembic to compare; full text is not."""
    return not (name or "").startswith(("fts_", "ix_fts_"))


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
    Column("sort_title", BYTEWISE, nullable=False, server_default=""),
)
Index("ix_books_best_sellers", books.c.reader_count.desc(), books.c.book_id)
Index("ix_books_by_title", books.c.sort_title, books.c.book_id)
Index("ix_books_newest", books.c.year.desc().nulls_last(), books.c.book_id)
Index("ix_books_cheapest", books.c.price_minor, books.c.book_id)
Index("ix_books_dearest", books.c.price_minor.desc().nulls_last(), books.c.book_id)

book_categories = Table(
    "book_categories",
    metadata,
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("category", SmallInteger, primary_key=True),
    Column("position", SmallInteger, nullable=False),
)
Index("ix_book_categories_of_category", book_categories.c.category, book_categories.c.book_id)

book_authors = Table(
    "book_authors",
    metadata,
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("slug", BYTEWISE, primary_key=True),
    Column("position", SmallInteger, nullable=False),
)
Index("ix_book_authors_of_author", book_authors.c.slug, book_authors.c.book_id)

# Folded words, see marketplace.words. What makes them quick to find differs between the databases.
book_search = Table(
    "book_search",
    metadata,
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("authors", Text, nullable=False),
    Column("subjects", Text, nullable=False),
    Column("isbn", Text, nullable=False),
)

search_terms = Table(
    "search_terms",
    metadata,
    Column("term_id", Integer, Identity(), primary_key=True),
    Column("term", BYTEWISE, nullable=False),
    Column("books", Integer, nullable=False),
)
Index("ix_search_terms_term", search_terms.c.term, unique=True)

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

interactions = Table(
    "interactions",
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
Index("ix_interactions_of_reader", interactions.c.reader_id, interactions.c.occurred_at)
_IS_OPINION = interactions.c.kind.in_([InteractionKind.RATING, InteractionKind.NOT_INTERESTED])
# A reader has one opinion of each kind about a book; ratings are averaged by book.
Index(
    "ix_interactions_opinions",
    interactions.c.book_id,
    interactions.c.kind,
    interactions.c.reader_id,
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
