"""The demo provider's database: one row for each payment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
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

from servicekit.database.columns import UtcDateTime
from servicekit.database.engine import open_engine, reading, writing
from servicekit.database.statements import insert_into

metadata = MetaData()

payments = Table(
    "payments",
    metadata,
    Column("payment_id", Text, primary_key=True),
    Column("state", String(10), nullable=False),
    # NULL if it was withdrawn before it was requested.
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("callback_url", Text, nullable=False, server_default=""),
    Column("callback_token", Text, nullable=False, server_default=""),
    Column("decide_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    # When to call back next; NULL if no callback is due.
    Column("call_at", UtcDateTime),
    Column("calls_failed", Integer, nullable=False, server_default="0"),
)
Index("ix_payments_decide_at", payments.c.state, payments.c.decide_at)
Index("ix_payments_call_at", payments.c.call_at)


class State(Enum):
    """The state of a payment; the value is stored in the database."""

    REQUESTED = "asked"
    PAID = "paid"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment; one that was withdrawn before it was requested has no amount and no callback."""

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
        """A payment; None if it is unknown."""
        return next(iter(self._all(select(payments).where(payments.c.payment_id == payment_id))), None)

    def put(self, payment: Payment) -> None:
        row = {**asdict(payment), "payment_id": payment.id, "state": payment.state.value}
        del row["id"]
        inserting = insert_into(self._connection, payments).values(row)
        self._connection.execute(inserting.on_conflict_do_update(index_elements=["payment_id"], set_=row))

    def undecided(self, until: datetime) -> list[Payment]:
        """The payments that are due to be decided."""
        requested = payments.c.state == State.REQUESTED.value
        return self._all(select(payments).where(requested, payments.c.decide_at <= until))

    def next_callback(self, until: datetime) -> Payment | None:
        """The payment whose callback has been due longest; None if none is."""
        due = select(payments).where(payments.c.call_at <= until)
        return next(iter(self._all(due.order_by(payments.c.call_at).limit(1))), None)

    def record_callback(self, payment: Payment, *, again_at: datetime | None) -> None:
        """Record a callback, failed if `again_at` is set, unless the payment was changed meanwhile."""
        unchanged = (
            payments.c.payment_id == payment.id,
            payments.c.state == payment.state.value,
            payments.c.callback_token == payment.callback_token,
        )
        failed = 0 if again_at is None else payment.calls_failed + 1
        self._connection.execute(update(payments).where(*unchanged).values(call_at=again_at, calls_failed=failed))

    def commit(self) -> None:
        self._connection.commit()

    def _all(self, statement: Select[tuple[object, ...]]) -> list[Payment]:
        return [_payment(row) for row in self._connection.execute(statement)]


class Store:
    """The demo provider's database."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        metadata.create_all(self._engine)

    @contextmanager
    def read(self) -> Iterator[Payments]:
        with reading(self._engine) as connection:
            yield Payments(connection)

    @contextmanager
    def write(self) -> Iterator[Payments]:
        """A transaction that may write, rolled back unless committed."""
        with writing(self._engine) as connection:
            yield Payments(connection)

    def close(self) -> None:
        self._engine.dispose()


def _payment(row: Row[tuple[object, ...]]) -> Payment:
    fields = dict(row._mapping)  # noqa: SLF001  (public in SQLAlchemy despite its name)
    return Payment(id=fields.pop("payment_id"), state=State(fields.pop("state")), **fields)
