"""What all tables share."""

from sqlalchemy import (
    MetaData,
    Text,
)

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
