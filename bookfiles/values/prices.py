"""Prices: amounts with or without a symbol or code, in any way of writing decimals."""

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_currency_precision

from bookfiles.errors import Unreadable
from bookfiles.values.currencies import currencies, is_unclear
from bookfiles.values.text import stated

_SPACES = " \t\n\u00a0\u2009\u202f'’"
"""What may separate thousands besides `.` and `,`."""
_AMOUNT = re.compile(rf"(?:\d[\d{_SPACES}.,]*|[.,]\d+)(?:[-–—]{{1,2}})?")
_NO_CENTS = re.compile(r"([.,])\s*[-–—]{0,2}$")
"""The end of `12.-` and `1.299,-`."""
_LAST_SEPARATOR = re.compile(r"([.,])(\d*)$")
_GROUPED = re.compile(rf"\d{{1,3}}([{_SPACES}.,])\d{{2,3}}(?:\1\d{{2,3}})*(?<=\d{{3}})|\d+")
"""Thousands, or lakhs and crores as in India."""
_REMOVED = str.maketrans(dict.fromkeys(f"{_SPACES}.,"))
_THOUSANDS = 3
"""Digits after the sign that separates thousands."""
_SEVERAL = 2
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
        self._unclear: Counter[str] = Counter()

    def add(self, field: str) -> None:
        """Take one field into account."""
        amount, _ = _split(stated(field))
        found = _LAST_SEPARATOR.search(amount)
        if not found:
            return
        other = "," if found[1] == "." else "."
        if amount.count(found[1]) > 1:
            self._votes[other] += 1
        elif other in amount or len(found[2]) != _THOUSANDS:
            self._votes[found[1]] += 1
        else:
            self._unclear[other] += 1

    @property
    def sign(self) -> str | None:
        """The sign that most prices use; None if it cannot be told."""
        if self._votes:
            return self._votes.most_common(1)[0][0]
        # A whole column of three digits after the sign has thousands.
        (sign, count), *_ = self._unclear.most_common(1) or [("", 0)]
        return sign if count >= _SEVERAL else None


def price(field: str, currency: str, *, sign: str | None, default: str) -> Price | None:
    """A price; None if the field is empty.

    `currency` is the row's own currency, `default` that of prices without any; `sign` is the column's decimal sign.
    """
    text = stated(field)
    if not text:
        return None
    amount, mark = _split(text)
    if not amount or mark.startswith(("-", "−", "(")):
        raise Unreadable(f"{text[:40]!r} is not a price")
    if any(character.isdigit() for character in mark):
        raise Unreadable(f"{text[:40]!r} is not one price")
    code = _code(text, stated(currency), mark, default)
    precision = get_currency_precision(code)
    number = _number(amount, _sign_of(amount, sign, precision))
    if number is None or number > MAX_AMOUNT:
        raise Unreadable(f"{text[:40]!r} is not a price")
    if number != round(number, precision):
        raise Unreadable(f"{text[:40]!r} has more decimals than {code} has")
    return Price(round(number, precision), code)


def _split(text: str) -> tuple[str, str]:
    """The amount, and what is around it."""
    found = _AMOUNT.search(text)
    if not found:
        return "", text
    return _NO_CENTS.sub(r"\g<1>00", found[0].strip(_SPACES)), (text[: found.start()] + text[found.end() :]).strip()


def _number(amount: str, sign: str | None) -> Decimal | None:
    """The value of an amount with this decimal sign; None if other signs do not separate thousands."""
    whole, _, decimals = amount.rpartition(sign) if sign and sign in amount else (amount, "", "")
    if (whole and not _GROUPED.fullmatch(whole)) or (decimals and not decimals.isdigit()):
        return None
    return Decimal(f"{whole.translate(_REMOVED) or 0}.{decimals or 0}")


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
    if not precision:
        return "," if found[1] == "." else "."  # yen have no decimals
    if column is None:
        raise Unreadable(f"{amount[:40]!r} may have thousands or decimals")
    return column


def _code(text: str, own: str, mark: str, default: str) -> str:
    """The currency of a price; raises Unreadable if there is none, or if there are two."""
    mark = mark.strip("+*: ")
    marked, stated_codes = currencies(mark), currencies(own)
    if (mark and not marked) or (own and not stated_codes):
        raise Unreadable(f"{text[:40]!r} has an unknown currency, {(mark if mark and not marked else own)[:20]!r}")
    if marked and stated_codes:
        both = [code for code in stated_codes if code in marked]
        if not both:
            raise Unreadable(f"{text[:40]!r} has another currency than its row, {own[:20]!r}")
        return default if default in both else both[0]
    possible = marked or stated_codes
    if default in possible or (default and not possible):
        return default
    if not possible or is_unclear(mark or own):
        raise Unreadable(f"{text[:40]!r} has no currency; add a column currency, or name one with --currency")
    return possible[0]
