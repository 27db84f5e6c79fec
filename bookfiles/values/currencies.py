"""Currencies by code, symbol or name."""

import re
from functools import lru_cache

from babel.numbers import is_currency

_DOLLARS = "USD CAD AUD NZD SGD HKD MXN TWD ARS CLP COP"
_SYMBOLS = {
    "€": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "$": _DOLLARS,
    "dollars": _DOLLARS,
    "us$": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "cdn$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "r$": "BRL",
    "¥": "JPY CNY",
    "￥": "JPY CNY",
    "円": "JPY",
    "元": "CNY",
    "kr": "SEK NOK DKK ISK",
    "kr.": "DKK SEK NOK ISK",
    "₽": "RUB",
    "руб": "RUB BYN",
    "руб.": "RUB BYN",
    "р": "RUB BYN",
    "р.": "RUB BYN",
    "rur": "RUB",
    "₹": "INR",
    "rs": "INR PKR LKR NPR MUR",
    "rs.": "INR PKR LKR NPR MUR",
    "₩": "KRW",
    "zł": "PLN",
    "₺": "TRY",
    "tl": "TRY",
    "₴": "UAH",
    "грн": "UAH",
    "грн.": "UAH",
    "₪": "ILS",
    "₸": "KZT",
    "kč": "CZK",
    "ft": "HUF",
    "fr.": "CHF",
    "sfr.": "CHF",
}
"""Codes by symbols and names in small letters; of several the first is meant unless something else says which."""
_UNCLEAR = {"kr", "kr.", "rs", "rs."}
_CODE = re.compile(r"(?<![^\W\d_])[A-Za-z]{3}(?![^\W\d_])")
_NONE = {"XXX", "XTS"}
"""Codes of ISO 4217 for no currency, and for tests."""


def currencies(mark: str) -> list[str]:
    """The codes (ISO 4217) that a symbol, code or name may mean, the most likely first; empty if it is not known."""
    folded = "".join(mark.split()).casefold()
    if folded in _SYMBOLS:
        return _SYMBOLS[folded].split()
    codes = [_SYMBOLS.get(code.casefold(), code.upper()) for code in _CODE.findall(mark)]
    return [code for code in codes if _is_currency(code)][:1]


def is_unclear(mark: str) -> bool:
    """Whether no currency is the usual one of a symbol."""
    return mark.strip().casefold() in _UNCLEAR


def currency_in(name: str) -> str:
    """The currency that a column's name mentions, as in `Price (EUR)` or `price_usd`; else empty."""
    _, *words = re.split(r"[\s_,()\[\]/]+", name)
    return next((found[0] for word in words if (found := currencies(word)) and not is_unclear(word)), "")


def known_currency(text: str) -> str | None:
    """The code (ISO 4217) of a currency; None if it is not known."""
    code = text.strip().upper()
    return code if _is_currency(code) else None


@lru_cache(maxsize=1_000)
def _is_currency(code: str) -> bool:
    return code not in _NONE and bool(is_currency(code))
