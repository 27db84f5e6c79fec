"""The tables of carts, orders and the audit log."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)

from marketplace.store.schema.base import BYTEWISE, metadata
from servicekit.database.columns import BIG_ID, UtcDateTime

cart_lines = Table(
    "cart_lines",
    metadata,
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), primary_key=True),
    # No foreign key: the cart shows that a book was removed from the catalogue.
    Column("book_id", Integer, primary_key=True, autoincrement=False),
    Column("quantity", SmallInteger, nullable=False),
    Column("recommendation_id", String(64), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    # Of the last addition: a repeated request is recognized by it.
    Column("addition_key", String(64), nullable=False, server_default=""),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(14), primary_key=True),
    # When a reader is deleted their orders stay, without reader, e-mail and address.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="SET NULL")),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(10), nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    # When the payment was last requested; an order that awaits payment has it requested again.
    Column("asked_at", UtcDateTime, nullable=False),
    # The idempotency key of the checkout, and a digest of the order's contents.
    Column("checkout_key", String(64), nullable=False),
    Column("checkout_digest", String(64), nullable=False),
    # What moderators search: folded number, e-mail, name and city; see marketplace.store.moderation.tables.
    Column("sought", BYTEWISE, nullable=False),
)
Index("ix_orders_checkout", orders.c.reader_id, orders.c.checkout_key, unique=True)
Index("ix_orders_of_reader", orders.c.reader_id, orders.c.placed_at)
Index("ix_orders_placed", orders.c.placed_at, orders.c.order_id)
Index("ix_orders_by_total", orders.c.total_minor, orders.c.order_id)
Index("ix_orders_by_state", orders.c.state, orders.c.placed_at, orders.c.order_id)
Index("ix_orders_by_state_and_total", orders.c.state, orders.c.total_minor, orders.c.order_id)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", ForeignKey("orders.order_id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    # No foreign key, and a copy of the title: the line stays when the book is deleted.
    Column("book_id", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("quantity", SmallInteger, nullable=False),
    Column("taken", SmallInteger, nullable=False),
    Column("recommendation_id", String(64), nullable=False),
)

order_changes = Table(
    "order_changes",
    metadata,
    Column("order_id", ForeignKey("orders.order_id", ondelete="CASCADE"), primary_key=True),
    # An order enters each state at most once.
    Column("state", String(10), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(10), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", BIG_ID, Identity(), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # The moderator; NULL once their account is deleted.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="SET NULL")),
    Column("action", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("detail", JSON, nullable=False),
)
Index("ix_audit_reader_id", audit.c.reader_id)
