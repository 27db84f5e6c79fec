"""Whatever a field has, it is read or unreadable."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bookfiles.errors import Unreadable
from bookfiles.values.authors import NameOrders, authors
from bookfiles.values.dates import dated, is_moment, published
from bookfiles.values.day_orders import DayOrder, DayOrders
from bookfiles.values.identifiers import identifier
from bookfiles.values.isbns import isbn13
from bookfiles.values.kinds import kind
from bookfiles.values.pictures import picture
from bookfiles.values.prices import DecimalSigns, price
from bookfiles.values.ratings import Scale, Scales
from bookfiles.values.text import entries, line, prose, text, whole
from bookfiles.values.years import year
from tests.bookfiles.files import NOW

READERS: dict[str, Callable[[str], Any]] = {
    "authors": lambda field: authors(field, last_first=False),
    "authors, last names first": lambda field: authors(field, last_first=True),
    "names": lambda field: NameOrders().add(field),
    "date": lambda field: dated(field, DayOrder.UNKNOWN),
    "month first": lambda field: dated(field, DayOrder.MONTH),
    "published": lambda field: published(field, DayOrder.DAY, now=NOW),
    "moment": is_moment,
    "days": lambda field: DayOrders().add(field),
    "reader": lambda field: identifier(field, is_book=False),
    "book": lambda field: identifier(field, is_book=True),
    "book by ISBN": lambda field: identifier(field, is_book=True, is_isbn=True),
    "isbn": isbn13,
    "kind": kind,
    "picture": picture,
    "price": lambda field: price(field, "", sign=None, default="EUR"),
    "price with decimal commas": lambda field: price(field, "", sign=",", default="KWD"),
    "currency": lambda field: price("9.99", field, sign=None, default=""),
    "signs": lambda field: DecimalSigns().add(field),
    "rating": Scale(5.0).rating,
    "ratings": lambda field: Scales("x").add(field),
    "entries": entries,
    "line": line,
    "prose": prose,
    "text": text,
    "whole": lambda field: whole(field, maximum=1_000),
    "year": lambda field: year(field, now=NOW),
}

DIGITS = "0 1 5 9 12 20 25 31 1984 2020 9780441013593 ٣ ² ½ ★ 年 月 é"
SIGNS = "- / . , : ; | ' \" ( ) [ ] < > & ? * % $ € £ + = _ \\"
WORDS = "e E x X T Z Jan oct May p.m. UTC PST EUR kr stars of BC c ca. and by Jr. isbn http:// https:// // <p> &amp;"
PIECES = [*DIGITS.split(), *SIGNS.split(), *WORDS.split(), "\u00a0", "\u200b", " ", "\n"]
fields = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@pytest.mark.parametrize("name", READERS)
@given(field=fields)
@example("9" * 5_000)
@example("1" + "0" * 400 + "e" + "9" * 400)
@example("0000/00/00")
@example("9999-12-31T23:59:59-23:59")
@example("http://[")
@example("-" * 200)
def test_any_text(name: str, field: str) -> None:
    """No other error is raised."""
    with suppress(Unreadable):
        READERS[name](field)
