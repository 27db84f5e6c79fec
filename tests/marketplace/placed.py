"""Orders that wait for their payment, for tests of what comes after."""

from datetime import datetime

from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, Address, Order, OrderLine, OrderState, StateChange, new_order_id
from marketplace.store import Store
from marketplace.usecases.orders import change_state
from tests.marketplace.fakes import NOON

ADDRESS = Address(name="Ann", street="1 High Street", city="Oxford", postal_code="OX1 1AA", country="GB")


def place(store: Store, at: datetime = NOON) -> str:
    """Place an order over 9.99 euros; returns its id."""
    line = OrderLine(book_id=20, title="Dune", price=Money(999, "EUR"), quantity=1)
    order = Order(
        id=new_order_id(),
        reader_id=None,
        email="ann@example.com",
        address=ADDRESS,
        lines=(line,),
        total=line.amount,
        state=OrderState.PLACED,
        placed_at=at,
        changes=(StateChange(OrderState.PLACED, at, Actor.READER),),
    )
    with store.write() as work:
        work.orders.add(order, ADDRESS, key=order.id, digest="")
        work.commit()
    return order.id


def bring(store: Store, order_id: str, *states: OrderState) -> None:
    """Bring an order into these states, one after the other."""
    with store.write() as work:
        for state in states:
            change_state(work, order_id, state, by=Actor.SHOP, moment=NOON)
        work.commit()


def state_of(store: Store, order_id: str) -> OrderState:
    """How far an order is."""
    with store.read() as work:
        return work.orders.get(order_id).state
