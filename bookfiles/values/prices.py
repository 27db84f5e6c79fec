"""Prices: amounts with or without a symbol or code, in any way of writing decimals."""

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision, is_currency
from price_parser import Price as Parsed

from bookfiles.errors import Unreadable
from bookfiles.values.text import plain

_SYMBOLS = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₽": "RUB",
    "₹": "INR",
    "₩": "KRW",
    "zł": "PLN",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₸": "KZT",
    "Kč": "CZK",
    "Ft": "HUF",
    "R$": "BRL",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "руб": "RUB",
    "руб.": "RUB",
    "р.": "RUB",
    "RUR": "RUB",
}
_AMBIGUOUS = {"$", "¥", "kr", "р.", "руб", "руб."}
"""Symbols of several currencies: a column of currencies, or the default one, says which."""
_CODE = re.compile(r"[A-Za-z]{3}")
_AMOUNT = re.compile(r"-?(?:\d[\d\s.,'’\u00a0\u202f]*|[.,]\d+)")
_LAST_SEPARATOR = re.compile(r"([.,])(\d*)\D*$")
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = 3
"""Digits after the sign that separates thousands."""
MAX_AMOUNT = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in major units of a currency (ISO 4217) that has as many decimals."""

    amount: Decimal
    currency: str


class DecimalSigns:
    """Collects which sign, `.` or `,`, the prices of a column have before their decimals."""

    def __init__(self) -> None:
        self._votes: Counter[str] = Counter()

    def add(self, field: str) -> None:
        """Take one field into account."""
        text = plain(field)
        found = _LAST_SEPARATOR.search(text)
        if not found:
            return
        other = "," if found[1] == "." else "."
        if text.count(found[1]) > 1:
            self._votes[other] += 1
        elif other in text or len(found[2]) != _THOUSANDS:
            self._votes[found[1]] += 1

    @property
    def sign(self) -> str | None:
        """The sign that most prices use; None if it cannot be told."""
        return self._votes.most_common(1)[0][0] if self._votes else None


def price(field: str, currency: str, *, sign: str | None, default: str) -> Price | None:
    """A price; None if the field is empty.

    `currency` is the row's own currency, `default` that of prices without any; `sign` is the column's decimal sign.
    """
    text = plain(field)
    if not text:
        return None
    found = _AMOUNT.search(text)
    if not found or text.startswith("-") or found[0].startswith("-"):
        raise Unreadable(f"{text[:40]!r} is not a price")
    mark = (text[: found.start()] + text[found.end() :]).strip()
    if any(character.isdigit() for character in mark):
        raise Unreadable(f"{text[:40]!r} is not one price")
    code = _code(plain(currency), mark, default)
    if code is None:
        raise Unreadable(f"{text[:40]!r} has no currency; name one with --currency")
    precision = get_currency_precision(code)
    parsed = Parsed.fromstring(found[0], decimal_separator=_sign_of(found[0].strip(), sign, precision))
    if parsed.amount is None or parsed.amount > MAX_AMOUNT:
        raise Unreadable(f"{text[:40]!r} is not a price")
    amount: Decimal = parsed.amount
    if amount != round(amount, precision):
        raise Unreadable(f"{text[:40]!r} has more decimals than {code} has")
    return Price(round(amount, precision), code)


def _sign_of(amount: str, column: str | None, precision: int) -> str | None:
    """The decimal sign of one amount; its own form wins over the column's."""
    signs = {character for character in amount if character in ".,"}
    found = _LAST_SEPARATOR.search(amount)
    if not found:
        return None
    if len(signs) > 1:
        return found[1]
    if amount.count(found[1]) > 1:
        return "," if found[1] == "." else "."
    if len(found[2]) != _THOUSANDS or precision == _THOUSANDS:
        return found[1]
    if column is None:
        raise Unreadable(f"{amount[:40]!r} may have thousands or decimals")
    return column


def _code(own: str, mark: str, default: str) -> str | None:
    for text in (own, mark):
        if not text:
            continue
        if text in _AMBIGUOUS and default and text == mark:
            return default
        if text in _SYMBOLS:
            return _SYMBOLS[text]
        codes: list[str] = [_SYMBOLS.get(code.upper(), code.upper()) for code in _CODE.findall(text)]
        if known := next(filter(_is_currency, codes), None):
            return known
        return None
    return default or None


def known_currency(text: str) -> str | None:
    """The code (ISO 4217) of a currency; None if it is not known."""
    code: str = text.strip().upper()
    return code if _is_currency(code) else None


@lru_cache(maxsize=1_000)
def _is_currency(code: str) -> bool:
    return bool(is_currency(code))
