"""Pages of long lists, and how they are sorted."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, request

from marketplace.domain.books import Sort

PAGE = 24
GREATEST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a page stands in a list: page `number` of `last`, from 1, with `total` entries on all."""

    number: int
    last: int
    total: int


def page_number() -> int:
    """The page that the address asks for; the first where it names none. Aborts with 404 for what is no page."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(GREATEST_PAGE)) and int(text) >= 1):
        abort(404)
    return int(text)


def paged(total: int, size: int, number: int) -> Pages:
    """The place of page `number` where each has `size` entries. Aborts with 404 beyond the last one."""
    last = max(-(-total // size), 1)
    if number > last:
        abort(404)
    return Pages(number=number, last=last, total=total)


def sort_asked(*more: Sort) -> tuple[Sort, Sequence[Sort]]:
    """The order that the address asks for, the first where it names none, and those to choose from.

    `more` come before those that every list has. Aborts with 404 for what is no order.
    """
    sorts = [*more, *(each for each in Sort if each is not Sort.RELEVANCE)]
    asked = {each.value: each for each in sorts}.get(request.args.get("sort", sorts[0].value))
    if asked is None:
        abort(404)
    return asked, sorts
