"""What all tables share."""

from sqlalchemy import MetaData, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# Both databases must sort the same way, whatever the locale of PostgreSQL.
BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")

NUL = "\0"
"""A text parameter with this character is an error in PostgreSQL, so check user input for it."""


def is_portable(_item: object, name: str | None, *_: object) -> bool:
    """Whether Alembic should compare a table, column or index: full text differs between the databases."""
    return not (name or "").startswith(("fts_", "ix_fts_"))
