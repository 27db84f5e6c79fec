"""The tables of the database."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
)

from servicekit.database.columns import BIG_ID, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

books = Table(
    "books",
    metadata,
    Column("book_id", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("subjects", JSON, nullable=False),
    Column("year", Integer),
    Column("published_on", Date),
    # Grows with every change of the catalogue, so that a server can read only later changes.
    Column("revision", BigInteger, nullable=False, index=True),
    Column("added_on", Date),
    Column("isbn", Text, nullable=False, server_default=""),
    Column("removed", Boolean, nullable=False, server_default=false()),
    Column("work", Text, nullable=False, server_default=""),
    Column("ratings_count", BigInteger, nullable=False, server_default="0"),
    Column("average_rating", Double, nullable=False, server_default="0"),
)

interactions = Table(
    "interactions",
    metadata,
    Column("sequence", BIG_ID, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("reader_id", Integer, nullable=False),
    Column("book_id", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("occurred_at", UtcDateTime),
    Column("recommendation_id", Text, nullable=False),
    # Null unless it is an undo, so that both databases use the partial index below for an equality.
    Column("undoes", Text),
    Index("ix_interactions_reader_id", "reader_id", "sequence"),
    sqlite_autoincrement=True,
)

# It includes the reader, since without statistics SQLite would prefer the index of readers.
Index(
    "ix_interactions_undoes",
    interactions.c.undoes,
    interactions.c.reader_id,
    sqlite_where=interactions.c.undoes.is_not(None),
    postgresql_where=interactions.c.undoes.is_not(None),
)

# For the ratings of a file, of which each may replace one that is stored.
Index(
    "ix_interactions_ratings",
    interactions.c.reader_id,
    interactions.c.book_id,
    sqlite_where=interactions.c.kind == 6,  # noqa: PLR2004  (a rating, in the contract)
    postgresql_where=interactions.c.kind == 6,  # noqa: PLR2004
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("reader_id", Integer, primary_key=True, autoincrement=False),
    # The reader that it was merged into, never one with a tombstone; null if it was forgotten.
    Column("into_reader_id", Integer, index=True),
    # Grows with every change, so that a server can read only later ones.
    Column("revision", BigInteger, nullable=False, index=True),
)

models = Table(
    "models",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("version", Text, nullable=False, unique=True),
    Column("manifest", JSON, nullable=False),
    # Of the models that are not withdrawn, the one with the greatest number is served.
    Column("turn", BigInteger, nullable=False, server_default="0"),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Text, primary_key=True),
    # The SHA-256 of the token: who reads the database learns no token.
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
