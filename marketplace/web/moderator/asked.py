"""What the address of a moderators' table asks for."""

from enum import Enum
from typing import TypeVar

from flask import abort, request

from marketplace.domain.text import MAX_QUERY_LENGTH
from marketplace.web.reader import current_account

PAGE = 50

Member = TypeVar("Member", bound=Enum)


def query_asked() -> str:
    """The words that are looked for."""
    return request.args.get("q", "").strip()[:MAX_QUERY_LENGTH]


def one_of(name: str, default: Member) -> Member:
    """The member of an enumeration that an argument names; aborts with 404 for what is none."""
    known = {each.value: each for each in type(default)}
    asked = known.get(request.args.get(name, default.value))
    if asked is None:
        abort(404)
    return asked


def sort_of(default: Member, *, descending: bool = False) -> tuple[Member, bool]:
    """The column that a table is sorted by, and whether downwards; aborts with 404 for what is none."""
    known = {each.value: each for each in type(default)}
    asked = request.args.get("sort", f"-{default.value}" if descending else default.value)
    column = known.get(asked.removeprefix("-"))
    if column is None:
        abort(404)
    return column, asked.startswith("-")


def by_whom() -> int:
    """The moderator's reader id; the guard of the blueprint has let them in."""
    account = current_account()
    if account is None:
        abort(403)
    return account.reader_id
