"""The tables of the catalogue and of the imported history."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)

from marketplace.domain.ids import FIRST_SHOP_ID
from marketplace.domain.links import PICTURES
from marketplace.store.schema.base import BYTEWISE, metadata
from servicekit.database.columns import UtcDateTime

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
    # A hidden book has no rows in the index tables below: it is in no category, search or author's list.
    Column("hidden", Boolean, nullable=False, server_default=false()),
    Column("categories", JSON, nullable=False, server_default="[]"),
    # What moderators search: folded title, authors and ISBN; see marketplace.store.moderation.tables.
    Column("sought", BYTEWISE, nullable=False, server_default=""),
    Column("published_on", Date),
    Column("work", Text, nullable=False, server_default=""),
    Column("external_id", Text, nullable=False, server_default=""),
    # The attributes that moderators have edited, which an import keeps.
    Column("edited", JSON, nullable=False, server_default="[]"),
    # Counted from the imported history, as `reader_count` is.
    Column("imported_ratings", Integer, nullable=False, server_default="0"),
    Column("imported_half_stars", Integer, nullable=False, server_default="0"),
    Column("ratings_count", Integer, nullable=False, server_default="0"),
    Column("average_rating", Double, nullable=False, server_default="0"),
)
Index("ix_books_best_sellers", books.c.reader_count.desc(), books.c.ratings_count.desc(), books.c.book_id)
Index("ix_books_by_title", books.c.sort_title, books.c.book_id)
Index("ix_books_newest", books.c.year.desc().nulls_last(), books.c.book_id)
Index("ix_books_cheapest", books.c.price_minor, books.c.book_id)
HAS_OWN_PICTURE = text(f"picture LIKE '{PICTURES}%'")
"""Whether the picture is one that the shop stores; SQLite uses the index only for the condition as it is written."""
Index("ix_books_own_picture", books.c.picture, sqlite_where=HAS_OWN_PICTURE, postgresql_where=HAS_OWN_PICTURE)
Index("ix_books_dearest", books.c.price_minor.desc().nulls_last(), books.c.book_id)
Index("ix_books_by_stock", books.c.stock, books.c.book_id)
Index("ix_books_most_in_stock", books.c.stock.desc().nulls_last(), books.c.book_id.desc())
Index("ix_books_hidden", books.c.book_id, sqlite_where=books.c.hidden, postgresql_where=books.c.hidden)

# The ids of books that are created in the shop; rows are never deleted, so that no id is reused.
made_books = Table(
    "made_books",
    metadata,
    Column("book_id", Integer, Identity(start=FIRST_SHOP_ID), primary_key=True),
    Column("made_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# The categories of offered books.
book_categories = Table(
    "book_categories",
    metadata,
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("category", SmallInteger, primary_key=True),
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

# The subjects that have a page, see marketplace.domain.subjects.
book_subjects = Table(
    "book_subjects",
    metadata,
    Column("book_id", ForeignKey("books.book_id", ondelete="CASCADE"), primary_key=True),
    Column("slug", BYTEWISE, primary_key=True),
    Column("position", SmallInteger, nullable=False),
)
Index("ix_book_subjects_of_subject", book_subjects.c.slug, book_subjects.c.book_id)

# Folded words, see marketplace.domain.text. Their full-text indexes differ between the databases.
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

imported_history = Table(
    "imported_history",
    metadata,
    Column("reader_id", Integer, primary_key=True, autoincrement=False),
    # No foreign key: a book that is not yet in the catalogue counts once it is imported.
    Column("book_id", Integer, primary_key=True, autoincrement=False),
    Column("half_stars", SmallInteger),
    Column("rated_at", UtcDateTime),
    sqlite_with_rowid=False,
)
