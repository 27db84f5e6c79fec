"""The tables."""

from sqlalchemy import JSON, BigInteger, Column, Date, Double, Integer, MetaData, SmallInteger, Table, Text

from servicekit.columns import BIG_ID, UtcDateTime

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
    # Counts every change of the catalogue, so that a server can ask for what changed since.
    Column("revision", BigInteger, nullable=False, index=True),
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
    sqlite_autoincrement=True,
)

models = Table(
    "models",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("version", Text, nullable=False, unique=True),
    Column("manifest", JSON, nullable=False),
    sqlite_autoincrement=True,
)
