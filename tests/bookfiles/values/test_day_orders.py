"""The order of day and month."""

import pytest

from bookfiles.values.day_orders import DayOrder, DayOrders


@pytest.mark.parametrize(
    ("fields", "order"),
    [
        (["5/1/2008", "25/1/2008"], DayOrder.DAY),
        (["5/1/2008", "1/25/2008 14:03"], DayOrder.MONTH),
        (["5/1/2008", "6/2/2008"], DayOrder.UNKNOWN),
        (["25/1/2008", "1/25/2008"], DayOrder.UNKNOWN),
        (["25-1-08"], DayOrder.DAY),
        (["25.1.2008", "2008-01-25", "x", ""], DayOrder.UNKNOWN),
        ([], DayOrder.UNKNOWN),
    ],
)
def test_the_order_of_a_column(fields: list[str], order: DayOrder) -> None:
    """It is the one on which all agree of which only one can be meant; dates with points say nothing."""
    orders = DayOrders()
    for field in fields:
        orders.add(field)
    assert orders.order is order
