"""Currencies by code, symbol or name."""

import pytest

from bookfiles.values.currencies import currencies, currency_in, is_unclear, known_currency


@pytest.mark.parametrize(
    ("mark", "first"),
    [
        ("€", "EUR"),
        ("EUR", "EUR"),
        ("Euros", "EUR"),
        ("US $", "USD"),
        ("$", "USD"),
        ("¥", "JPY"),
        ("Zł", "PLN"),
        ("р.", "RUB"),
        ("per pc EUR", "EUR"),
    ],
)
def test_currencies(mark: str, first: str) -> None:
    """The most likely comes first."""
    assert currencies(mark)[0] == first


def test_symbols_of_several_currencies() -> None:
    """All that may be meant are there; some symbols have no usual one."""
    assert {"USD", "CAD", "AUD"} <= set(currencies("$"))
    assert is_unclear("kr")
    assert is_unclear("Rs.")
    assert not is_unclear("$")
    assert currencies("abc") == currencies("") == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Price (EUR)", "EUR"),
        ("Price, €", "EUR"),
        ("price_usd", "USD"),
        ("Price / United States", ""),
        ("List Price", ""),
        ("Цена, руб.", "RUB"),
        ("Price [kr]", ""),
        ("EUR", ""),
    ],
)
def test_the_currency_in_a_name(name: str, meant: str) -> None:
    """A column's name may mention it behind its first word."""
    assert currency_in(name) == meant


def test_known_currencies() -> None:
    """Codes of ISO 4217, but not those for none and for tests."""
    assert known_currency(" eur ") == "EUR"
    assert known_currency("XXX") is known_currency("EURO") is known_currency("") is None
