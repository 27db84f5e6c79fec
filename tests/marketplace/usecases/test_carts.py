"""Carts of guests and accounts."""

from dataclasses import replace

import pytest

from marketplace.domain.books import Book
from marketplace.domain.errors import BookNotFound, CartFull, NotForSale, OtherCurrency
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.money import Money
from marketplace.domain.orders import MAX_LINES, MAX_QUANTITY, Difference, LineProblem, ShownLine, differences
from marketplace.store import Store
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from tests.marketplace.ordering import accounts_of, buyer_of
from tests.marketplace.stored import put, sent

DUNE = Book(id=20, title="Dune", price=Money(999, "EUR"), stock=3)
EMMA = Book(id=21, title="Emma", price=Money(500, "EUR"))
DOLLARS = Book(id=22, title="Walden", price=Money(500, "USD"))
UNPRICED = Book(id=23, title="Heirloom")


@pytest.fixture
def carts(store: Store) -> Carts:
    """Carts over a store with four books."""
    put(store, DUNE, EMMA, DOLLARS, UNPRICED)
    return Carts(store, Activity(store, wake=lambda: None))


def content(carts: Carts, reader_id: int) -> dict[int, int]:
    return {line.book_id: line.quantity for line in carts.of(reader_id).lines}


def test_adding_to_the_cart_makes_a_guest(carts: Carts, store: Store) -> None:
    """Copies add up; Recommendations gets one interaction for each book."""
    guest = carts.add(0, 20, 1, "list-1")
    assert carts.add(guest, 20, 2, "list-2") == guest
    assert content(carts, guest) == {20: 3}
    assert carts.of(guest).total == Money(2997, "EUR")
    assert [(event.kind, event.recommendation_id) for event in sent(store)] == [(InteractionKind.CART, "list-1")]
    assert content(carts, 0) == {}


def test_an_addition_counts_once(carts: Carts, store: Store) -> None:
    """Repeated with its key it changes nothing; with another key, or none, it is another one."""
    guest = carts.add(0, 20, 1, "", key="first")
    assert carts.add(guest, 20, 1, "", key="first") == guest
    assert content(carts, guest) == {20: 1}
    for _ in range(2):
        carts.add(guest, 20, 1, "", key="second")
        carts.add(guest, 21, 1, "", key="second")
    assert content(carts, guest) == {20: 2, 21: 1}
    for _ in range(2):
        carts.add(guest, 21, 1, "")
    assert content(carts, guest) == {20: 2, 21: 3}
    assert len(sent(store)) == 2


def test_quantities_are_changed_and_books_removed(carts: Carts) -> None:
    """0 removes the book; a book that is not in the cart is not added."""
    guest = carts.add(0, 20, 1, "")
    carts.add(guest, 21, 1, "")
    carts.set_quantity(guest, 20, 2)
    carts.set_quantity(guest, 22, 5)
    assert content(carts, guest) == {20: 2, 21: 1}
    carts.set_quantity(guest, 20, 0)
    assert content(carts, guest) == {21: 1}
    carts.empty(guest)
    assert content(carts, guest) == {}


@pytest.mark.slow
def test_a_cart_has_limits(carts: Carts, store: Store) -> None:
    """For copies of a book and for different books."""
    guest = carts.add(0, 21, MAX_QUANTITY, "")
    carts.add(guest, 21, 5, "")
    assert content(carts, guest) == {21: MAX_QUANTITY}
    put(store, *(replace(EMMA, id=100 + number) for number in range(MAX_LINES)))
    for number in range(MAX_LINES - 1):
        carts.add(guest, 100 + number, 1, "")
    with pytest.raises(CartFull):
        carts.add(guest, 100 + MAX_LINES - 1, 1, "")
    assert len(content(carts, guest)) == MAX_LINES
    for quantity in (-1, MAX_QUANTITY + 1):
        with pytest.raises(ValueError, match="copies"):
            carts.set_quantity(guest, 21, quantity)


def test_unavailable_books_are_not_added(carts: Carts) -> None:
    """Without a price, in another currency, or unknown; no guest is created."""
    guest = carts.add(0, 20, 1, "")
    for book_id, error in ((23, NotForSale), (22, OtherCurrency), (999, BookNotFound)):
        with pytest.raises(error):
            carts.add(guest, book_id, 1, "")
    assert content(carts, guest) == {20: 1}


def test_the_cart_shows_problems_and_adjusts(carts: Carts, store: Store) -> None:
    """Books may have become unavailable; adjusting leaves what can be ordered."""
    guest = carts.add(0, 20, 3, "")
    put(store, replace(EMMA, id=30), replace(EMMA, id=31), replace(EMMA, id=32))
    for book_id in (21, 30, 31, 32):
        carts.add(guest, book_id, 1, "")
    put(
        store,
        replace(DUNE, stock=2),
        replace(EMMA, stock=0),
        replace(EMMA, id=30, price=None),
        replace(EMMA, id=31, price=Money(1, "USD")),
    )
    cart = carts.of(guest)
    assert {line.book_id: line.problem for line in cart.lines} == {
        20: LineProblem.INSUFFICIENT_STOCK,
        21: LineProblem.SOLD_OUT,
        30: LineProblem.NOT_FOR_SALE,
        31: LineProblem.OTHER_CURRENCY,
        32: None,
    }
    assert not cart.is_orderable
    carts.adjust(guest)
    assert carts.of(guest).is_orderable
    assert content(carts, guest) == {20: 2, 32: 1}


def test_a_guests_cart_is_merged_into_the_accounts(carts: Carts, store: Store) -> None:
    """If both have a book, the larger quantity stays."""
    ann = buyer_of(store)
    carts.add(ann, 20, 2, "")
    carts.add(ann, 21, 1, "")
    guest = carts.add(0, 20, 1, "")
    carts.add(guest, 21, 4, "")
    accounts_of(store).sign_in(guest, "ann@example.com", "correct horse")
    assert content(carts, ann) == {20: 2, 21: 4}
    assert content(carts, guest) == {}


def test_differences_from_what_was_shown_are_listed(carts: Carts) -> None:
    """Another price, another quantity, an added book; unchanged lines are not listed."""
    guest = carts.add(0, 20, 1, "")
    carts.add(guest, 21, 2, "")
    cart = carts.of(guest)
    dune, emma = ShownLine(20, 1, Money(999, "EUR")), ShownLine(21, 2, Money(500, "EUR"))
    assert differences(cart, [dune, emma]) == {}
    cheaper = replace(dune, price=Money(899, "EUR"))
    assert differences(cart, [cheaper, emma]) == {20: (Difference.PRICE, cheaper)}
    more = replace(emma, quantity=3)
    assert differences(cart, [dune, more]) == {21: (Difference.QUANTITY, more)}
    assert differences(cart, [dune]) == {21: (Difference.ADDED, None)}
