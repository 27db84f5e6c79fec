"""The demo provider's database: a row a payment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    select,
    update,
)

from servicekit.columns import UtcDateTime
from servicekit.database import insert_into, open_engine, reading, writing

metadata = MetaData()

payments = Table(
    "payments",
    metadata,
    Column("payment_id", Text, primary_key=True),
    Column("state", String(10), nullable=False),
    # None where it was withdrawn before it was asked for.
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("callback_url", Text, nullable=False, server_default=""),
    Column("callback_token", Text, nullable=False, server_default=""),
    Column("decide_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    # When to call back next; None where there is nothing to tell.
    Column("call_at", UtcDateTime),
    Column("calls_failed", Integer, nullable=False, server_default="0"),
)
Index("ix_payments_decide_at", payments.c.state, payments.c.decide_at)
Index("ix_payments_call_at", payments.c.call_at)


class State(Enum):
    """How far a payment is; its value is what the database has."""

    ASKED = "asked"
    PAID = "paid"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment; what is not known of one that was withdrawn before it was asked for is None or empty."""

    id: str
    state: State
    amount_minor: int | None = None
    currency: str | None = None
    callback_url: str = ""
    callback_token: str = ""
    decide_at: datetime | None = None
    decided_at: datetime | None = None
    call_at: datetime | None = None
    calls_failed: int = 0


class Payments:
    """The payments, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, payment_id: str) -> Payment | None:
        """One payment."""
        found = self._all(select(payments).where(payments.c.payment_id == payment_id))
        return found[0] if found else None

    def put(self, payment: Payment) -> None:
        """Keep a payment as it is now."""
        row = {
            "payment_id": payment.id,
            "state": payment.state.value,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "callback_url": payment.callback_url,
            "callback_token": payment.callback_token,
            "decide_at": payment.decide_at,
            "decided_at": payment.decided_at,
            "call_at": payment.call_at,
            "calls_failed": payment.calls_failed,
        }
        inserting = insert_into(self._connection, payments).values(row)
        self._connection.execute(inserting.on_conflict_do_update(index_elements=["payment_id"], set_=row))

    def undecided(self, until: datetime) -> list[Payment]:
        """Payments that are to be decided by then."""
        return self._all(select(payments).where(payments.c.state == State.ASKED.value, payments.c.decide_at <= until))

    def untold(self, until: datetime) -> Payment | None:
        """The payment about which the shop should have been called longest, of those by then."""
        due = select(payments).where(payments.c.call_at <= until)
        found = self._all(due.order_by(payments.c.call_at).limit(1))
        return found[0] if found else None

    def called(self, payment: Payment, *, again_at: datetime | None) -> None:
        """The shop was called about a payment; nothing changes where it was asked for or withdrawn meanwhile."""
        as_it_was = (
            payments.c.payment_id == payment.id,
            payments.c.state == payment.state.value,
            payments.c.callback_token == payment.callback_token,
        )
        failed = 0 if again_at is None else payment.calls_failed + 1
        self._connection.execute(update(payments).where(*as_it_was).values(call_at=again_at, calls_failed=failed))

    def commit(self) -> None:
        """Keep what was done."""
        self._connection.commit()

    def _all(self, chosen: Select[tuple[object, ...]]) -> list[Payment]:
        return [_payment(row) for row in self._connection.execute(chosen)]


class Store:
    """The demo provider's database."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        metadata.create_all(self._engine)

    @contextmanager
    def read(self) -> Iterator[Payments]:
        """A transaction that only reads."""
        with reading(self._engine) as connection:
            yield Payments(connection)

    @contextmanager
    def write(self) -> Iterator[Payments]:
        """A transaction that may write, kept only if it is committed before the block ends."""
        with writing(self._engine) as connection:
            yield Payments(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _payment(row: Row[tuple[object, ...]]) -> Payment:
    fields = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's own name for what is public)
    return Payment(id=fields.pop("payment_id"), state=State(fields.pop("state")), **fields)
