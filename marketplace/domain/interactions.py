"""What readers do with books."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum


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


PREFERENCE_KINDS = frozenset({InteractionKind.RATING, InteractionKind.NOT_INTERESTED})
"""Of these a reader has one at most about a book, and the book is recommended to them no more."""

MAX_HALF_STARS = 10
LIKED_FROM_HALF_STARS = 7
"""From three and a half stars on, a reader liked a book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that a reader did with a book; `recommendation_id` names the list that led to it, if one did.

    `half_stars` (1 to 10) come with a rating, and with an undo the id of what it `undoes`.
    """

    id: str
    reader_id: int
    book_id: int
    kind: InteractionKind
    occurred_at: datetime
    recommendation_id: str = ""
    half_stars: int | None = None
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many readers rated a book, and their mean in stars (0 without any)."""

    count: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How a reader stands to a book: their opinions of it, and whether they wish for it."""

    rating: Interaction | None = None
    not_interested: Interaction | None = None
    is_on_wishlist: bool = False


class Outcome(Enum):
    """What became of an interaction that was sent."""

    STORED = 1
    REPEATED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The outcome for one interaction, with the reason of a refusal."""

    outcome: Outcome
    reason: str = ""
