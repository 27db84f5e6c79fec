"""The index of search and listings; Store.migrate fills it for existing books."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables and indexes."""
    op.add_column("books", sa.Column("sort_title", BYTEWISE, nullable=False, server_default=""))
    _orders()
    op.create_index("ix_book_categories_of_category", "book_categories", ["category", "book_id"])
    op.create_table(
        "book_authors",
        sa.Column("book_id", sa.Integer, nullable=False),
        sa.Column("slug", BYTEWISE, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "slug", name="pk_book_authors"),
        _of_book("book_authors"),
    )
    op.create_index("ix_book_authors_of_author", "book_authors", ["slug", "book_id"])
    op.create_table(
        "book_search",
        sa.Column("book_id", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "authors", "subjects", "isbn")),
        sa.PrimaryKeyConstraint("book_id", name="pk_book_search"),
        _of_book("book_search"),
    )
    op.create_table(
        "search_terms",
        sa.Column("term_id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("term", BYTEWISE, nullable=False),
        sa.Column("books", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("term_id", name="pk_search_terms"),
    )
    op.create_index("ix_search_terms_term", "search_terms", ["term"], unique=True)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _orders() -> None:
    # SQLite has no NULLS LAST in an index; nulls are its smallest values, so a descending index has them last.
    last = " NULLS LAST" if op.get_bind().dialect.name == "postgresql" else ""
    op.create_index("ix_books_by_title", "books", ["sort_title", "book_id"])
    op.create_index("ix_books_newest", "books", [sa.text(f"year DESC{last}"), "book_id"])
    op.create_index("ix_books_cheapest", "books", ["price_minor", "book_id"])
    op.create_index("ix_books_dearest", "books", [sa.text(f"price_minor DESC{last}"), "book_id"])


def _of_book(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=f"fk_{table}_book_id", ondelete="CASCADE")


# Folded words are ASCII. The shop ranks itself, so neither lengths nor positions of words are stored.
SQLITE = (
    """CREATE VIRTUAL TABLE fts_words USING fts5(
        title, authors, subjects, isbn, content='book_search', content_rowid='book_id',
        tokenize='ascii', prefix='1 2 3', detail=column, columnsize=0
    )""",
    """CREATE TRIGGER fts_words_added AFTER INSERT ON book_search BEGIN
        INSERT INTO fts_words (rowid, title, authors, subjects, isbn)
        VALUES (new.book_id, new.title, new.authors, new.subjects, new.isbn);
    END""",
    """CREATE TRIGGER fts_words_removed AFTER DELETE ON book_search BEGIN
        INSERT INTO fts_words (fts_words, rowid, title, authors, subjects, isbn)
        VALUES ('delete', old.book_id, old.title, old.authors, old.subjects, old.isbn);
    END""",
    """CREATE TRIGGER fts_words_changed AFTER UPDATE ON book_search BEGIN
        INSERT INTO fts_words (fts_words, rowid, title, authors, subjects, isbn)
        VALUES ('delete', old.book_id, old.title, old.authors, old.subjects, old.isbn);
        INSERT INTO fts_words (rowid, title, authors, subjects, isbn)
        VALUES (new.book_id, new.title, new.authors, new.subjects, new.isbn);
    END""",
    # Blanks around a term give trigrams of its beginning and its end.
    "CREATE VIRTUAL TABLE fts_terms USING fts5(term, content='', tokenize='trigram')",
    """CREATE TRIGGER fts_terms_added AFTER INSERT ON search_terms BEGIN
        INSERT INTO fts_terms (rowid, term) VALUES (new.term_id, ' ' || new.term || ' ');
    END""",
    """CREATE TRIGGER fts_terms_removed AFTER DELETE ON search_terms BEGIN
        INSERT INTO fts_terms (fts_terms, rowid, term) VALUES ('delete', old.term_id, ' ' || old.term || ' ');
    END""",
)

# Two columns instead of one with weights: weights are not indexed, so the planner could not estimate them.
POSTGRESQL = (
    """ALTER TABLE book_search ADD COLUMN fts_names tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', title || ' ' || authors)
    ) STORED""",
    """ALTER TABLE book_search ADD COLUMN fts_words tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', title || ' ' || authors || ' ' || subjects || ' ' || isbn)
    ) STORED""",
    # No fastupdate: every search would scan the list of pending entries.
    "CREATE INDEX ix_fts_names ON book_search USING gin (fts_names) WITH (fastupdate = off)",
    "CREATE INDEX ix_fts_words ON book_search USING gin (fts_words) WITH (fastupdate = off)",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_fts_terms ON search_terms USING gin (term gin_trgm_ops)",
)
