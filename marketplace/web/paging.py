"""Pages of long lists, and their sort order."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, request

from marketplace.domain.books import Sort

PAGE = 24
MAX_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Pages:
    """Page `number` of `last`, counted from 1, of a list of `total` entries."""

    number: int
    last: int
    total: int


def page_number() -> int:
    """The page number in the URL, by default 1. Aborts with 404 for anything else."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PAGE)) and int(text) >= 1):
        abort(404)
    return int(text)


def paged(total: int, size: int, number: int) -> Pages:
    """Page `number` of a list in pages of `size` entries. Aborts with 404 beyond the last page."""
    last = max(-(-total // size), 1)
    if number > last:
        abort(404)
    return Pages(number=number, last=last, total=total)


def sort_order(*more: Sort) -> tuple[Sort, Sequence[Sort]]:
    """The sort order in the URL, by default the first, and all that a reader can choose.

    `more` come before those of every list. Aborts with 404 for an unknown order.
    """
    sorts = [*more, *(sort for sort in Sort if sort is not Sort.RELEVANCE)]
    chosen = {sort.value: sort for sort in sorts}.get(request.args.get("sort", sorts[0].value))
    if chosen is None:
        abort(404)
    return chosen, sorts
