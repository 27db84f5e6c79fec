"""Carts, orders, moderators and their audit log, hidden books, and an outbox with several destinations."""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import BIG_ID, UtcDateTime

revision = "0005"
down_revision = "0004"

FIRST_BOOK_ID = 1_000_000_000
# Readers' data without samples, as in migration 0004.
SAMPLED = (
    ("cart_lines", "reader_id"),
    *(
        ("orders", name)
        for name in ("reader_id", "email", "name", "street", "city", "region", "postal_code", "sought")
    ),
    ("orders", "checkout_key"),
    ("orders", "checkout_digest"),
    ("audit", "reader_id"),
    ("audit", "detail"),
)


def upgrade() -> None:
    """Create the tables, and copy each book's categories into its row."""
    _books()
    op.add_column("accounts", sa.Column("is_moderator", sa.Boolean, nullable=False, server_default=sa.false()))
    _carts()
    _orders()
    _audit()
    _outbox()
    if op.get_bind().dialect.name == "postgresql":
        for table, column in SAMPLED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def _books() -> None:
    op.add_column("books", sa.Column("hidden", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("books", sa.Column("categories", sa.JSON, nullable=False, server_default="[]"))
    books = sa.table("books", sa.column("book_id", sa.Integer), sa.column("categories", sa.JSON))
    names = ("book_id", "category", "position")
    standing = sa.table("book_categories", *(sa.column(name, sa.Integer) for name in names))
    connection = op.get_bind()
    rows = connection.execute(sa.select(standing).order_by(standing.c.book_id, standing.c.position)).all()
    filled = [
        {"of": book_id, "categories": [row.category for row in group]}
        for book_id, group in groupby(rows, key=lambda row: row.book_id)
    ]
    if filled:
        connection.execute(books.update().where(books.c.book_id == sa.bindparam("of")), filled)
    op.drop_column("book_categories", "position")
    _found_by_moderators(connection)
    op.create_table(
        "made_books",
        sa.Column("book_id", sa.Integer, sa.Identity(start=FIRST_BOOK_ID), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("book_id", name="pk_made_books"),
        sqlite_autoincrement=True,
    )
    if connection.dialect.name == "sqlite":
        # SQLite has no start value for identities; it continues after the largest id in sqlite_sequence.
        sequence = sa.table("sqlite_sequence", sa.column("name", sa.Text), sa.column("seq", sa.Integer))
        op.execute(sequence.insert().values(name="made_books", seq=FIRST_BOOK_ID - 1))


def _found_by_moderators(connection: sa.Connection) -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("books", sa.Column("sought", text, nullable=False, server_default=""))
    # Store.migrate sets this for books that are not indexed yet.
    names = ("title", "authors", "isbn")
    books = sa.table("books", sa.column("book_id"), sa.column("sought", sa.Text))
    words = sa.table("book_search", sa.column("book_id"), *(sa.column(name, sa.Text) for name in names))
    joined = sa.func.replace(sa.literal(" ") + words.c.title + " " + words.c.authors + " " + words.c.isbn, "  ", " ")
    known = sa.select(joined).where(words.c.book_id == books.c.book_id).scalar_subquery()
    connection.execute(books.update().values(sought=sa.func.coalesce(known, "")))
    op.create_index("ix_books_by_stock", "books", ["stock", "book_id"])
    # As in migration 0003: SQLite has nulls last without a clause.
    last = " NULLS LAST" if connection.dialect.name == "postgresql" else ""
    most = [sa.text(f"stock DESC{last}"), sa.text("book_id DESC")]
    op.create_index("ix_books_most_in_stock", "books", most)
    hidden = sa.column("hidden", sa.Boolean)
    op.create_index("ix_books_hidden", "books", ["book_id"], sqlite_where=hidden, postgresql_where=hidden)
    if connection.dialect.name == "sqlite":
        columns = ["sought", "hidden", "stock", "sort_title", "price_minor", "reader_count"]
        op.create_index("ix_fts_books_sought", "books", columns)
    else:
        op.execute(
            "CREATE INDEX ix_fts_books_sought ON books USING gin (sought gin_trgm_ops) WITH (fastupdate = off)"
        )


def _carts() -> None:
    op.create_table(
        "cart_lines",
        sa.Column("reader_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("book_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("quantity", sa.SmallInteger, nullable=False),
        sa.Column("recommendation_id", sa.String(64), nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "book_id", name="pk_cart_lines"),
        _of_reader("cart_lines", "CASCADE"),
    )


def _orders() -> None:
    texts = ("email", "name", "street", "city", "region", "postal_code")
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(14), nullable=False),
        sa.Column("reader_id", sa.Integer),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("placed_at", UtcDateTime, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("checkout_key", sa.String(64), nullable=False),
        sa.Column("checkout_digest", sa.String(64), nullable=False),
        sa.Column("sought", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_orders"),
        _of_reader("orders", "SET NULL"),
    )
    op.create_index("ix_orders_checkout", "orders", ["reader_id", "checkout_key"], unique=True)
    op.create_index("ix_orders_of_reader", "orders", ["reader_id", "placed_at"])
    op.create_index("ix_orders_placed", "orders", ["placed_at", "order_id"])
    op.create_index("ix_orders_by_total", "orders", ["total_minor", "order_id"])
    op.create_index("ix_orders_by_state", "orders", ["state", "placed_at", "order_id"])
    op.create_index("ix_orders_by_state_and_total", "orders", ["state", "total_minor", "order_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_fts_orders_sought", "orders", ["sought", "placed_at", "total_minor", "order_id", "state"])
    else:
        op.execute(
            "CREATE INDEX ix_fts_orders_sought ON orders USING gin (sought gin_trgm_ops) WITH (fastupdate = off)"
        )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.String(14), nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("book_id", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("quantity", sa.SmallInteger, nullable=False),
        sa.Column("taken", sa.SmallInteger, nullable=False),
        sa.Column("recommendation_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_lines"),
        _of_order("order_lines"),
    )
    op.create_table(
        "order_changes",
        sa.Column("order_id", sa.String(14), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "state", name="pk_order_changes"),
        _of_order("order_changes"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", BIG_ID, sa.Identity(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("reader_id", sa.Integer),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit"),
        _of_reader("audit", "SET NULL"),
    )
    op.create_index("ix_audit_reader_id", "audit", ["reader_id"])


def _outbox() -> None:
    destination = sa.Column("destination", sa.String(20), nullable=False, server_default="recommendations")
    op.add_column("outbox", destination)
    op.add_column("outbox", sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"))
    op.drop_index("ix_outbox_waiting", "outbox")
    waiting = sa.column("refused_reason", sa.Text).is_(None)
    columns = ["destination", "event_id"]
    op.create_index("ix_outbox_waiting", "outbox", columns, sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "deliveries",
        sa.Column("destination", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("held_until", UtcDateTime, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_at", UtcDateTime, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("destination", name="pk_deliveries"),
    )


def _of_reader(table: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["reader_id"], ["readers.reader_id"], name=f"fk_{table}_reader_id", ondelete=ondelete
    )


def _of_order(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=f"fk_{table}_order_id", ondelete="CASCADE")
