"""What readers did with books, and the preferences that follow from it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum, IntFlag
from math import nan
from typing import NamedTuple, TypeVar

Moment = TypeVar("Moment", datetime, float)

NOBODY = 0
"""The reader id of nobody in particular: it gets recommendations, and nothing is recorded for it."""

LONGEST_ID = 100
"""Characters in the id of an interaction or of a list."""

LOWEST_RATING, HIGHEST_RATING = 0.5, 5.0


class InteractionKind(IntEnum):
    """What a reader did with a book, numbered as in the contract."""

    SHOWN = 1
    VIEW = 2
    CLICK = 3
    CART = 4
    PURCHASE = 5
    RATING = 6
    NOT_INTERESTED = 7
    UNDO = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that a reader did with a book; `value` is 0.5 to 5 for a rating, and otherwise 0.

    Only an undo has `undoes`: the id of the interaction, of the same reader, that it undoes. It needs no book.
    """

    id: str
    reader_id: int
    book_id: int
    kind: InteractionKind
    value: float = 0.0
    occurred_at: datetime | None = None
    recommendation_id: str = ""
    undoes: str = ""


class Event(NamedTuple):
    """A stored interaction as far as the model needs it; `sequence` orders all events.

    `happened` is the time in seconds since 1970 (UTC), NaN if unknown.
    """

    sequence: int
    reader_id: int
    book_id: int
    kind: int
    value: float
    happened: float = nan


class RetiredReader(NamedTuple):
    """A reader id no longer in use: merged into the reader `into`, or forgotten if that is None."""

    reader_id: int
    into: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """A checked request for at most `limit` interactions of a reader, with sequence numbers below `before`."""

    reader_id: int
    limit: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of a reader's interactions, the latest first; `older` is the next page's `before`, None at the end."""

    interactions: tuple[Interaction, ...]
    older: int | None


class Preference(IntFlag):
    """What a reader thinks of a book after all their interactions with it."""

    NONE = 0
    LIKED = 1
    """Used to find what else the reader would like."""
    READ = 2
    """Bought or rated: not recommended again."""
    DISMISSED = 4
    """The reader said not to be interested: not recommended again."""
    OPINION = 8
    """Rated or dismissed, which outranks all other actions."""


LOWEST_LIKED_RATING = 3.0
"""The lowest rating that means that the reader liked the book."""


def preference_after(before: Preference, kind: InteractionKind, value: float) -> Preference:
    """A reader's preference for a book after one more interaction. Leave out undone interactions beforehand.

    An opinion, by rating or dismissing the book, replaces an earlier one. Other actions (view, click, cart, purchase)
    mean that the reader likes the book as long as they have no opinion.
    """
    has_opinion = before & Preference.OPINION
    match kind:
        case InteractionKind.SHOWN | InteractionKind.UNDO:
            return before
        case InteractionKind.RATING:
            liked = Preference.LIKED if value >= LOWEST_LIKED_RATING else Preference.NONE
            return Preference.READ | Preference.OPINION | liked
        case InteractionKind.NOT_INTERESTED:
            return (before & Preference.READ) | Preference.DISMISSED | Preference.OPINION
        case InteractionKind.PURCHASE:
            return before | Preference.READ | (Preference.NONE if has_opinion else Preference.LIKED)
        case _:
            return before if has_opinion else before | Preference.LIKED


NEUTRAL_KINDS = frozenset({InteractionKind.SHOWN, InteractionKind.UNDO})
"""The kinds that express no preference; the store leaves out the interactions that undos name."""


def outranks(
    value: float, at: Moment | None, value_before: float, at_before: Moment | None, *, is_of_file: bool
) -> bool:
    """Whether a rating in a file, given `at` a time, replaces an earlier one of the same book by the same reader.

    The later one counts. One without a time replaces what a file said (`is_of_file`), never what the reader did here.
    """
    if at is None:
        return is_of_file and value != value_before
    return at_before is None or at > at_before


class Outcome(Enum):
    """The outcome of recording an interaction."""

    STORED = 1
    REPEATED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one interaction, with the reason of a refusal."""

    outcome: Outcome
    reason: str = ""
