"""The checkout page."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from marketplace.domain.money import Money
from marketplace.domain.orders import MAX_LINES, CartLine
from marketplace.store import Store
from tests.field_cases import field_cases
from tests.marketplace.browser import Browser
from tests.marketplace.conftest import BOOKS
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import ADDRESS_FIELDS, add_to_cart, buyer_of, checkout_fields, moderators_browser
from tests.marketplace.stored import put

DUNE = next(book for book in BOOKS if book.id == 20)


@pytest.fixture
def buyer(browser: Browser) -> Browser:
    """Ann, signed in, with two copies of Dune in her cart."""
    browser.sign_up()
    add_to_cart(browser, quantity=2)
    return browser


def reprice(store: Store, minor: int, stock: int = 3) -> None:
    """Change the price and stock of Dune."""
    put(store, replace(DUNE, price=Money(minor, "EUR"), stock=stock))


def test_an_order_is_placed(buyer: Browser) -> None:
    """The order's page shows the books, the address, and that payment is awaited."""
    answer = buyer.client.post("/checkout", data=checkout_fields(buyer))
    assert answer.status_code == 303
    html = buyer.get(answer.location)
    for words in ("Awaiting payment", "2 copies at €9.99 each", "€19.98", "Ann Reader", "OX1 1AA"):
        assert words in html
    assert "Your cart is empty." in buyer.get("/cart")


def test_a_guest_signs_up_at_checkout_and_continues(browser: Browser) -> None:
    """An order needs an account; checkout then continues with the same cart."""
    add_to_cart(browser)
    assert "Sign in or create an account to place" in browser.get("/checkout")
    at = "/account/sign-up?next=/checkout"
    answer = browser.send("/account/sign-up", form_at=at, email="a@b.org", password="correct horse", next="/checkout")
    assert answer.location == "/checkout"
    assert "Order and pay €9.99" in browser.get("/checkout")


def test_checkout_with_an_empty_cart_leads_to_the_cart(browser: Browser) -> None:
    """An empty cart cannot be checked out."""
    browser.sign_up()
    assert browser.client.get("/checkout").location == "/cart"


def test_an_invalid_address_is_shown_again(buyer: Browser) -> None:
    """With its errors and all that was typed; corrected, it is accepted with the same key."""
    fields = checkout_fields(buyer)
    answer = buyer.client.post("/checkout", data={**fields, "postal_code": "12345", "city": ""})
    assert answer.status_code == 422
    for words in (
        "That is not a valid postal code for United Kingdom",
        "Enter the city.",
        'value="12345"',
        "Ann Reader",
    ):
        assert words in answer.text
    assert str(fields["key"]) in answer.text
    assert buyer.client.post("/checkout", data=fields).status_code == 303


def confirmed(html: str) -> list[str]:
    """What sending the form again confirms."""
    return [unescape(value) for value in re.findall('name="confirmed" value="([^"]*)"', html)]


def test_all_faults_of_an_address_are_shown_at_once(buyer: Browser) -> None:
    """Also without a country; browsers would report the first one only, so that they do not check."""
    fields = checkout_fields(buyer)
    empty = dict.fromkeys(ADDRESS_FIELDS, "")
    html = buyer.client.post("/checkout", data={**fields, **empty}).text
    for words in ("Choose a country.", "Enter the recipient", "Enter the street and number.", "Enter the city."):
        assert words in html
    html = buyer.client.post("/checkout", data={**fields, **empty, "country": "US", "postal_code": "1"}).text
    for words in (
        "Enter the recipient",
        "Enter the street",
        "Enter the city.",
        "state or region",
        "valid postal code",
    ):
        assert words in html
    assert "novalidate" in html


def test_an_unusual_value_is_confirmed_by_sending_it_again(buyer: Browser) -> None:
    """Another unusual value is asked about again; the next order does not ask about the confirmed one."""
    fields = {**checkout_fields(buyer), "postal_code": "12345", "name": ""}
    first = buyer.client.post("/checkout", data=fields)
    assert (first.status_code, confirmed(first.text)) == (422, ["GB:postal_code:12345"])
    again = {**fields, "name": "Ann Reader", "confirmed": confirmed(first.text)}
    other = buyer.client.post("/checkout", data={**again, "postal_code": '"1"'})
    assert (other.status_code, confirmed(other.text)) == (422, ['GB:postal_code:"1"'])
    assert "That is not a valid postal code for United Kingdom" in other.text
    placed = buyer.client.post("/checkout", data=again)
    assert placed.status_code == 303
    assert "12345" in buyer.get(placed.location)
    add_to_cart(buyer)
    assert confirmed(buyer.get("/checkout")) == ["GB:postal_code:12345"]


def test_a_confirmation_is_kept_when_prices_have_changed(buyer: Browser, store: Store) -> None:
    """The reader does not have to confirm the address twice."""
    fields = {**checkout_fields(buyer), "postal_code": "12345", "confirmed": "GB:postal_code:12345"}
    reprice(store, 1299)
    answer = buyer.client.post("/checkout", data=fields)
    assert (answer.status_code, confirmed(answer.text)) == (409, ["GB:postal_code:12345"])


def test_the_country_is_first_and_orders_the_others(buyer: Browser) -> None:
    """City, region and postal code are in the order of the country."""
    fields = checkout_fields(buyer)

    def labels(country: str) -> list[str]:
        html = buyer.client.post("/checkout", data={**fields, "street": "", "country": country}).text
        return re.findall('<label for="([a-z_]+)"', html.split('id="where"')[1])

    assert labels("GB") == ["country", "name", "street", "city", "postal_code", "region"]
    assert labels("US") == ["country", "name", "street", "city", "region", "postal_code"]


def test_field_cases(buyer: Browser, app: Flask, store: Store) -> None:
    """Addresses that were refused or shortened in the field are taken at once, and printed with every field."""
    put(store, replace(DUNE, stock=100))
    moderator = moderators_browser(app, store)
    for row in field_cases("addresses.csv"):
        add_to_cart(buyer)
        address = {name: row[name] for name in ADDRESS_FIELDS}
        placed = buyer.client.post("/checkout", data={**checkout_fields(buyer), **address})
        assert placed.status_code == 303, row
        tidied = {"400 001": "400001", "1012ab": "1012 AB"}
        number = placed.location.rsplit("/", 1)[1]
        for html in (buyer.get(placed.location), moderator.get(f"/moderator/orders/{number}")):
            for name in ("name", "street", "city", "region", "postal_code"):
                assert tidied.get(row[name], row[name]) in html, (row, name)


def test_the_last_address_is_prefilled(buyer: Browser) -> None:
    """Returning buyers do not have to type it again."""
    buyer.client.post("/checkout", data=checkout_fields(buyer))
    add_to_cart(buyer)
    html = buyer.get("/checkout")
    assert 'value="1 High Street"' in html
    assert '<option value="GB" selected>' in html


def test_fifty_identical_checkouts_at_once_are_one_order(buyer: Browser, app: Flask, store: Store) -> None:
    """All get the same response, and the stock is reduced once."""
    fields = checkout_fields(buyer)
    cookie = buyer.client.get_cookie("reader")
    assert cookie

    def send(_: int) -> tuple[int, str]:
        client = app.test_client()
        client.set_cookie("reader", cookie.value)
        answer = client.post("/checkout", data=fields)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(50)))
    ((status, location),) = answers
    assert (status, location[:8]) == (303, "/orders/")
    with store.read() as work:
        assert work.books.get(20).stock == 1


def test_a_reused_key_with_another_body_is_rejected(buyer: Browser, store: Store) -> None:
    """422, with a link to the order placed with that key; nothing else is ordered."""
    fields = checkout_fields(buyer)
    placed = buyer.client.post("/checkout", data=fields).location
    answer = buyer.client.post("/checkout", data={**fields, "city": "Bath"})
    assert answer.status_code == 422
    assert "You have already placed this order" in answer.text
    assert placed in answer.text
    with store.read() as work:
        assert work.books.get(20).stock == 1


def test_a_changed_price_is_shown_before_the_order(buyer: Browser, store: Store) -> None:
    """409 with the new price and the old one; submitted again, the order has the price that was shown."""
    fields = checkout_fields(buyer)
    reprice(store, 1299)
    answer = buyer.client.post("/checkout", data=fields)
    assert answer.status_code == 409
    html = re.sub(r"\s+", " ", answer.text)
    assert "The price has changed; it was €9.99." in html
    assert "Order and pay €25.98" in html
    assert 'value="1 High Street"' in html
    again = buyer.client.post("/checkout", data={**fields, "line": "20:2:1299:EUR"})
    assert "€25.98" in buyer.get(again.location)


def test_insufficient_stock_is_shown_before_the_order(buyer: Browser, store: Store) -> None:
    """409, what is left, and a button that continues with that."""
    fields = checkout_fields(buyer)
    reprice(store, 999, stock=1)
    answer = buyer.client.post("/checkout", data=fields)
    assert answer.status_code == 409
    assert "Only 1 is left." in answer.text
    assert "Continue without these" in answer.text
    assert "Order and pay" not in answer.text
    adjusted = buyer.send("/cart/adjust", form_at="/cart", next="/checkout")
    assert adjusted.location == "/checkout"
    assert "Order and pay €9.99" in buyer.get("/checkout")


def test_a_cart_ordered_in_another_tab_is_not_ordered_again(buyer: Browser) -> None:
    """Another key does not order the same cart twice."""
    fields, other = checkout_fields(buyer), checkout_fields(buyer)
    buyer.client.post("/checkout", data=fields)
    assert buyer.client.post("/checkout", data=other).location == "/cart"
    assert "You may have placed this order already" in buyer.get("/cart")


@pytest.mark.parametrize(
    "change",
    [{"key": ""}, {"key": "short"}, {"key": "x" * 65}, {"line": ""}, {"line": "20:2:999:eur"}, {"line": "9" * 99}],
)
def test_malformed_checkouts_are_rejected(buyer: Browser, change: dict[str, str]) -> None:
    """400, and nothing is ordered."""
    assert buyer.client.post("/checkout", data={**checkout_fields(buyer), **change}).status_code == 400
    assert "You have no orders yet." in buyer.get("/orders")


def test_a_guest_cannot_order(browser: Browser) -> None:
    """Nothing is ordered."""
    add_to_cart(browser)
    html = browser.client.get("/cart").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert token
    fields = {"csrf_token": token[1], "key": "k" * 20, "line": "20:1:999:EUR", **ADDRESS_FIELDS}
    assert browser.client.post("/checkout", data=fields).location == "/checkout"


def test_a_merged_cart_above_the_limit_is_ordered_in_parts(browser: Browser, store: Store) -> None:
    """The page says how many books stay in the cart, and a second order has those."""
    count = MAX_LINES + 2
    put(store, *(replace(DUNE, id=1000 + number, title=f"Volume {number}", stock=None) for number in range(count)))
    moments = [NOON + timedelta(seconds=number) for number in range(count)]
    lines = [CartLine(book_id=1000 + number, quantity=1, added_at=moments[number]) for number in range(count)]
    ann = buyer_of(store)
    with store.write() as work:
        guest = work.readers.add(NOON)
        for owner, part in ((ann, lines[:60]), (guest, lines[60:])):
            for line in part:
                work.carts.put(owner, line)
        work.commit()
    with browser.client.session_transaction() as session:
        session["reader_id"] = guest
    browser.sign_in()
    for path in ("/cart", "/checkout"):
        html = browser.get(path)
        assert "up to 100 different books. The last 2 of your cart stay there for your next order." in html
        assert "€999.00" in html
    add_to_cart(browser, 1000, 2)
    assert "up to 100 different books" in browser.get("/checkout")
    first = browser.client.post("/checkout", data=checkout_fields(browser))
    assert first.status_code == 303
    assert "Volume 99" in browser.get(first.location)
    html = browser.get("/checkout")
    assert "Order and pay €19.98" in html
    assert "up to 100" not in html
    second = browser.client.post("/checkout", data=checkout_fields(browser))
    assert "Volume 101" in browser.get(second.location)
    assert "Your cart is empty." in browser.get("/cart")


def test_what_cannot_be_ordered_later_prevents_no_order(browser: Browser, store: Store) -> None:
    """Books beyond the limit are neither removed nor checked before their own order."""
    put(store, *(replace(DUNE, id=1000 + number, stock=None) for number in range(MAX_LINES)), replace(DUNE, stock=0))
    ann = buyer_of(store)
    with store.write() as work:
        for number in range(MAX_LINES):
            work.carts.put(ann, CartLine(book_id=1000 + number, quantity=1, added_at=NOON))
        work.carts.put(ann, CartLine(book_id=20, quantity=1, added_at=NOON + timedelta(days=1)))
        work.commit()
    browser.sign_in()
    assert "Check out" in browser.get("/cart")
    browser.send("/cart/adjust", form_at="/account")
    assert browser.client.post("/checkout", data=checkout_fields(browser)).status_code == 303
    assert "Sold out" in browser.get("/cart")
