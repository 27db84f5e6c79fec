"""The index of subjects: empties the search index, which Store.migrate fills again together with it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table, and have all books indexed again."""
    op.create_table(
        "book_subjects",
        sa.Column("book_id", sa.Integer, nullable=False),
        sa.Column("slug", BYTEWISE, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "slug", name="pk_book_subjects"),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name="fk_book_subjects_book_id", ondelete="CASCADE"),
    )
    op.create_index("ix_book_subjects_of_subject", "book_subjects", ["slug", "book_id"])
    op.execute("DELETE FROM book_search")
    op.execute("DELETE FROM search_terms")
