"""What readers do with books, and the taste that it shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum

from marketplace.domain.recommendations import Reason, Signal
from marketplace.domain.subjects import Topic


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
"""A reader has at most one of each for a book; either excludes the book from their recommendations."""

MAX_HALF_STARS = 10
LIKED_FROM_HALF_STARS = 6
"""The lowest rating that means that the reader liked the book, as in Recommendations."""
_VIEW_KINDS = frozenset({InteractionKind.VIEW, InteractionKind.CLICK})
_LIKED_WEIGHT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that a reader did with a book; `recommendation_id` is the id of the list that led to it, if any.

    A rating has `half_stars` (1 to 10); an undo has the id of what it `undoes`.
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
class Action:
    """What an interaction says of a reader's taste; `half_stars` is 0 if it is no rating."""

    book_id: int
    kind: InteractionKind
    half_stars: int = 0


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many readers rated a book, and their mean in stars (0 without ratings)."""

    count: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A reader's rating and dismissal of a book, and whether it is on their wishlist."""

    rating: Interaction | None = None
    not_interested: Interaction | None = None
    is_on_wishlist: bool = False


class Outcome(Enum):
    """How Recommendations answered an item of a batch."""

    STORED = 1
    REPEATED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The outcome for one item of a batch, with the reason of a refusal."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Taste:
    """Ids of the books that a reader viewed (latest first), liked and bought; `excluded` ones are not recommended."""

    viewed: tuple[int, ...] = ()
    liked: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()
    bought: frozenset[int] = frozenset()

    def favourites(self, topics: Mapping[int, Sequence[Topic]], limit: int) -> tuple[Topic, ...]:
        """The most frequent topics of the reader's viewed and liked books; a liked book counts three times.

        `topics` has the topics of these books by id.
        """
        counts: Counter[Topic] = Counter()
        for book_id in dict.fromkeys((*self.viewed, *self.liked)):
            weight = _LIKED_WEIGHT if book_id in self.liked else 1
            counts.update(dict.fromkeys(topics.get(book_id, ()), weight))
        return tuple(topic for topic, _ in counts.most_common(limit))

    def with_signal(self, reason: Reason | None) -> Reason | None:
        """The reason with its first two books and the reader's strongest interaction with them.

        If either is liked, only liked ones are named; else if either is bought, only bought ones.
        """
        if reason is None or not reason.books:
            return reason
        named = reason.books[:2]
        if liked := tuple(book for book in named if book[0] in self.liked):
            return Reason(reason.kind, liked, Signal.LIKED)
        if bought := tuple(book for book in named if book[0] in self.bought):
            return Reason(reason.kind, bought, Signal.BOUGHT)
        if all(book_id in self.viewed for book_id, _ in named):
            return Reason(reason.kind, named, Signal.VIEWED)
        return reason


def taste_of(actions: Sequence[Action]) -> Taste:
    """The taste that a reader's actions, given latest first, show."""

    def books(*kinds: InteractionKind) -> list[int]:
        return [action.book_id for action in actions if action.kind in kinds]

    # The last opinion wins, as in Recommendations.
    opinions: dict[int, Action] = {}
    for action in actions:
        if action.kind in PREFERENCE_KINDS:
            opinions.setdefault(action.book_id, action)
    dismissed = {book_id for book_id, last in opinions.items() if last.kind is InteractionKind.NOT_INTERESTED}
    return Taste(
        viewed=tuple(book_id for book_id in dict.fromkeys(books(*_VIEW_KINDS)) if book_id not in dismissed),
        liked=frozenset(last.book_id for last in opinions.values() if last.half_stars >= LIKED_FROM_HALF_STARS),
        excluded=frozenset(opinions),
        bought=frozenset(books(InteractionKind.PURCHASE)),
    )
