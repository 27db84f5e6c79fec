"""Amounts of money: parsing and formatting."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, is_currency

MAX_MINOR = 10**12
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of a currency (ISO 4217)."""

    minor: int
    currency: str


class PriceError(ValueError):
    """A price is not valid; the message says why."""


def parse_price(amount: str, currency: str) -> Money:
    """The exact amount of a decimal in major units, such as `9.99` `EUR`.

    Raises PriceError.
    """
    code = currency.upper()
    precision = _precision(code)
    if precision is None:
        raise PriceError(f"currency {currency[:40]!r} is not an ISO 4217 code; a price needs one")
    if not _DECIMAL.fullmatch(amount):
        raise PriceError(f"price {amount[:40]!r} is not a decimal such as 9.99")
    minor = Decimal(amount).scaleb(precision)
    if minor != minor.to_integral_value():
        raise PriceError(f"price {amount[:40]!r} has more decimals than {code} has")
    if minor > MAX_MINOR:
        raise PriceError(f"price {amount[:40]!r} is too large")
    return Money(int(minor), code)


def written_amount(money: Money) -> str:
    """The decimal that `parse_price` reads: `9.99`."""
    return format(Decimal(money.minor).scaleb(-get_currency_precision(money.currency)), "f")


@lru_cache(maxsize=10_000)
def format_price(money: Money, language: str) -> str:
    """A price: `€9.99`, in Russian `9,99 €`."""
    return str(format_currency(Decimal(written_amount(money)), money.currency, locale=language))


@lru_cache(maxsize=1_000)
def _precision(code: str) -> int | None:
    return get_currency_precision(code) if is_currency(code) else None
