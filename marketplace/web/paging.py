"""Pages of long lists, and their sort order."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, request

from marketplace.domain.books import Sort

PAGE = 24
GREATEST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Pages:
    """Page `number` of `last`, counted from 1, of a list of `total` entries."""

    number: int
    last: int
    total: int


def page_number() -> int:
    """The page that the URL asks for, the first by default. Aborts with 404 for anything but a page number."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(GREATEST_PAGE)) and int(text) >= 1):
        abort(404)
    return int(text)


def paged(total: int, size: int, number: int) -> Pages:
    """Page `number` of a list in pages of `size` entries. Aborts with 404 beyond the last page."""
    last = max(-(-total // size), 1)
    if number > last:
        abort(404)
    return Pages(number=number, last=last, total=total)


def sort_asked(*more: Sort) -> tuple[Sort, Sequence[Sort]]:
    """The sort order that the URL asks for, the first by default, and all that can be chosen.

    `more` come before those that every list has. Aborts with 404 for an unknown order.
    """
    sorts = [*more, *(sort for sort in Sort if sort is not Sort.RELEVANCE)]
    asked = {sort.value: sort for sort in sorts}.get(request.args.get("sort", sorts[0].value))
    if asked is None:
        abort(404)
    return asked, sorts
