"""Prices."""

from decimal import Decimal

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.prices import DecimalSigns, Price, price


def read(field: str, currency: str = "", *, sign: str | None = None, default: str = "") -> tuple[str, str]:
    """The amount and the currency of a price."""
    found = price(field, currency, sign=sign, default=default)
    assert found is not None
    return str(found.amount), found.currency


@pytest.mark.parametrize(
    ("field", "amount", "currency"),
    [
        ("EUR 12", "12.00", "EUR"),
        ("12 eur", "12.00", "EUR"),
        ("€12.50", "12.50", "EUR"),
        ("12,50 €", "12.50", "EUR"),
        ("12,50 Euro", "12.50", "EUR"),
        ("12,50 €*", "12.50", "EUR"),
        ("12,50 EUR incl. VAT", "12.50", "EUR"),
        ("1.299,- €", "1299.00", "EUR"),
        ("€ 1.299,--", "1299.00", "EUR"),
        ("CHF 12.-", "12.00", "CHF"),
        ("CHF 12.–", "12.00", "CHF"),
        ("1'299.00 CHF", "1299.00", "CHF"),
        ("1’299.00 CHF", "1299.00", "CHF"),
        ("12,50 zł", "12.50", "PLN"),
        ("1 290 Kč", "1290.00", "CZK"),
        ("$1,299.00", "1299.00", "USD"),
        ("US $5.00", "5.00", "USD"),
        ("$9.99 USD", "9.99", "USD"),
        ("5 dollars", "5.00", "USD"),
        ("C$ 12", "12.00", "CAD"),
        ("CDN$ 12.99", "12.99", "CAD"),
        ("AU $12.99", "12.99", "AUD"),
        ("R$ 12,90", "12.90", "BRL"),
        ("£5", "5.00", "GBP"),
        ("₺12,50", "12.50", "TRY"),
        ("12 TL", "12.00", "TRY"),
        ("₹1,29,900.00", "129900.00", "INR"),
        ("¥1,200", "1200", "JPY"),
        ("1200円", "1200", "JPY"),
        ("1 299,00 ₽", "1299.00", "RUB"),
        ("1\u00a0299,00\u00a0руб.", "1299.00", "RUB"),
        ("1\u202f299,00 €", "1299.00", "EUR"),
        ("300р.", "300.00", "RUB"),
        ("300 RUR", "300.00", "RUB"),
        ("3.250 KWD", "3.250", "KWD"),
        ("9.990000 USD", "9.99", "USD"),
        ("1.234.567,89 EUR", "1234567.89", "EUR"),
        ("1,000,000 USD", "1000000.00", "USD"),
        (".5 EUR", "0.50", "EUR"),
        ("12. EUR", "12.00", "EUR"),
        ("0 EUR", "0.00", "EUR"),
        ("\u200b12,50&nbsp;&euro;", "12.50", "EUR"),
    ],
)
def test_prices_as_people_write_them(field: str, amount: str, currency: str) -> None:
    """Symbols and codes on either side, decimals after a point or a comma, and any sign between thousands."""
    assert read(field) == (amount, currency)


@pytest.mark.parametrize("field", ["", " ", "NULL", "NaN", r"\N", "N/A", "None", "-", "—"])
def test_no_price(field: str) -> None:
    """A field that says that there is none."""
    assert price(field, "EUR", sign=None, default="") is None


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("free", "is not a price"),
        ("EUR", "is not a price"),
        ("-1", "is not a price"),
        ("− 5,00", "is not a price"),
        ("(5.00)", "is not a price"),
        ("12,50-", "is not a price"),
        ("1.2.3", "is not a price"),
        ("12,34,5", "is not a price"),
        ("999999999999", "is not a price"),
        ("9,99-12,99", "is not one price"),
        ("9.99 or 12.99", "is not one price"),
        ("12€50", "is not one price"),
        ("1e3", "is not one price"),
        ("9.995", "has more decimals than EUR has"),
        ("from 9.99", "has an unknown currency, 'from'"),
        ("12.50 BTC", "has an unknown currency, 'BTC'"),
        ("12.50 XXX", "has an unknown currency, 'XXX'"),
        ("$9.99", "has another currency than its row, 'EUR'"),
    ],
)
def test_not_a_price(field: str, reason: str) -> None:
    """The reason says what is wrong."""
    with pytest.raises(Unreadable) as caught:
        price(field, "EUR", sign=".", default="")
    assert reason in str(caught.value)


def test_decimals_of_a_currency() -> None:
    """A price has no more than its currency has."""
    assert read("1200.00", "JPY") == ("1200", "JPY")
    with pytest.raises(Unreadable, match="more decimals than JPY has"):
        read("1200.50", "JPY")


@pytest.mark.parametrize(
    ("field", "currency", "default", "meant"),
    [
        ("9.99", "EUR", "", "EUR"),
        ("9.99", "eur ", "USD", "EUR"),
        ("9.99", "€", "", "EUR"),
        ("9.99", "", "EUR", "EUR"),
        ("9.99", "NULL", "EUR", "EUR"),
        ("$9.99", "CAD", "", "CAD"),
        ("$9.99", "", "CAD", "CAD"),
        ("$9.99", "", "EUR", "USD"),
        ("$9.99", "$", "AUD", "AUD"),
        ("£9.99", "", "EUR", "GBP"),
        ("129 kr", "", "SEK", "SEK"),
        ("129,00 kr.", "NOK", "", "NOK"),
        ("Rs. 299", "", "INR", "INR"),
        ("299 руб", "", "BYN", "BYN"),
    ],
)
def test_currencies(field: str, currency: str, default: str, meant: str) -> None:
    """The row's own is taken, then a symbol, then the default one, which also decides what `$` or `kr` mean."""
    assert read(field, currency, default=default)[1] == meant


@pytest.mark.parametrize(("field", "default"), [("9.99", ""), ("129 kr", ""), ("129 kr", "EUR"), ("Rs 299", "")])
def test_no_currency(field: str, default: str) -> None:
    """Where none is meant, the reason says what to do; `kr` is none of its own."""
    with pytest.raises(Unreadable, match="has no currency; add a column currency, or name one with --currency"):
        read(field, default=default)


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        (["9,99", "1.299"], ","),
        (["9.99", "1,299"], "."),
        (["1.299,00"], ","),
        (["1.299.000"], ","),
        (["12,5", "9,99", "3.5"], ","),
        (["1.299"], None),
        (["2.990 Ft", "3.490 Ft"], ","),
        (["12", "", "free", "EUR"], None),
        (["12,50 €", "12.-"], ","),
        (["129 kr."], None),
    ],
)
def test_the_decimal_sign_of_a_column(fields: list[str], sign: str | None) -> None:
    """Prices whose form shows it decide for those that do not."""
    signs = DecimalSigns()
    for field in fields:
        signs.add(field)
    assert signs.sign == sign


def test_three_digits_after_a_sign() -> None:
    """The column says whether they are thousands; alone they are unclear, and such a price is left empty."""
    with pytest.raises(Unreadable, match="thousands or decimals"):
        read("1.299", "EUR")
    assert read("1.299", "EUR", sign=",") == ("1299.00", "EUR")
    assert read("1,299", "EUR", sign=".") == ("1299.00", "EUR")
    with pytest.raises(Unreadable, match="more decimals"):
        read("1,299", "EUR", sign=",")


def test_a_price_is_exact() -> None:
    """No binary fraction is in between."""
    assert price("0,1", "EUR", sign=",", default="") == Price(Decimal("0.10"), "EUR")
