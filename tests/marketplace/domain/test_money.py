"""Parsing and formatting of prices."""

import pytest

from marketplace.domain.money import Money, PriceError, format_price, parse_price


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("9.99", "EUR", 999), ("0.1", "usd", 10), ("1200", "JPY", 1200), ("1.234", "KWD", 1234), ("0", "EUR", 0)],
)
def test_a_price_becomes_exact_minor_units(amount: str, currency: str, minor: int) -> None:
    """With the number of decimals of the currency, without rounding."""
    assert parse_price(amount, currency) == Money(minor, currency.upper())


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        ("9.99", "", "currency"),
        ("9.99", "ZZZ", "currency"),
        ("9.999", "EUR", "more decimals"),
        ("1.5", "JPY", "more decimals"),
        ("-1", "EUR", "not a decimal"),
        ("9,99", "EUR", "not a decimal"),
        ("1e3", "EUR", "not a decimal"),
        ("NaN", "EUR", "not a decimal"),
        ("٣", "EUR", "not a decimal"),
        ("99999999999999", "EUR", "too large"),
    ],
)
def test_an_invalid_price_says_why(amount: str, currency: str, reason: str) -> None:
    """Nothing is rounded or guessed: the row is rejected with a reason."""
    with pytest.raises(PriceError, match=reason):
        parse_price(amount, currency)


def test_prices_are_formatted_for_their_currency() -> None:
    """Yen have no decimals and euros two; each language has its own signs."""
    assert format_price(Money(1200, "JPY"), "en") == "¥1,200"
    assert format_price(Money(905, "EUR"), "en") == "€9.05"
    assert format_price(Money(123456, "EUR"), "ru") == "1\xa0234,56\xa0€"
