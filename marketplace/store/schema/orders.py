"""The tables of carts, orders and the moderators' log."""

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
from servicekit.columns import BIG_ID, UtcDateTime

cart_lines = Table(
    "cart_lines",
    metadata,
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), primary_key=True),
    # No foreign key: the reader is told that a book of their cart has left the catalogue.
    Column("book_id", Integer, primary_key=True, autoincrement=False),
    Column("quantity", SmallInteger, nullable=False),
    Column("recommendation_id", String(64), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(14), primary_key=True),
    # Without its reader, e-mail and address an order stays in the books when the reader is forgotten.
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
    # When the payment was last asked for; while an order is placed it is asked for again.
    Column("asked_at", UtcDateTime, nullable=False),
    # The idempotency key of the checkout, and a digest of what was ordered with it.
    Column("checkout_key", String(64), nullable=False),
    Column("checkout_digest", String(64), nullable=False),
    # What moderators find it by: number, e-mail, name and city, folded; see marketplace.store.tables.
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
    # No foreign key, and a title of its own: what was sold stays sold.
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
    # An order comes into each state once.
    Column("state", String(10), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(10), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", BIG_ID, Identity(), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # The moderator; nobody once they are forgotten.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="SET NULL")),
    Column("action", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("detail", JSON, nullable=False),
)
Index("ix_audit_reader_id", audit.c.reader_id)
