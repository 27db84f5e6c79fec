"""The query parameters of moderators' tables: search, filter, sort order and page."""

from enum import Enum
from typing import TypeVar

from flask import abort, request

from marketplace.domain.text import MAX_QUERY_LENGTH
from marketplace.web.reader import current_account

PAGE = 50

Member = TypeVar("Member", bound=Enum)


def search_words() -> str:
    """The words that the table is searched for."""
    return request.args.get("q", "").strip()[:MAX_QUERY_LENGTH]


def choice(name: str, default: Member) -> Member:
    """The enumeration member whose value is this argument; aborts with 404 for an unknown value."""
    return _member(request.args.get(name, default.value), default)


def sort_column(default: Member, *, descending: bool = False) -> tuple[Member, bool]:
    """The column that a table is sorted by, and whether descending; aborts with 404 for an unknown column."""
    text = request.args.get("sort", f"-{default.value}" if descending else default.value)
    return _member(text.removeprefix("-"), default), text.startswith("-")


def moderator_id() -> int:
    """The reader id of the current moderator; the blueprint has checked their rights."""
    account = current_account()
    if account is None:
        abort(403)
    return account.reader_id


def _member(value: str, default: Member) -> Member:
    try:
        return type(default)(value)
    except ValueError:
        abort(404)
