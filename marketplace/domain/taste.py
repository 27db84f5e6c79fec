"""What the shop itself knows of a reader's taste, from what they did here."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from marketplace.domain.books import Card
from marketplace.domain.categories import Category
from marketplace.domain.interactions import LIKED_FROM_HALF_STARS, PREFERENCE_KINDS, Interaction, InteractionKind
from marketplace.domain.recommending import Reason, Signal

_LOOKS = frozenset({InteractionKind.VIEW, InteractionKind.CLICK})
_WEIGHT_OF_LIKING = 3


@dataclass(frozen=True, slots=True)
class Taste:
    """The books that a reader looked at (the latest first), likes, and has an opinion of."""

    viewed: tuple[int, ...] = ()
    liked: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()

    def favourites(self, cards: Mapping[int, Card], most: int) -> tuple[Category, ...]:
        """The categories of which this reader saw and liked most books, at most so many."""
        counted: Counter[Category] = Counter()
        for book_id in dict.fromkeys((*self.viewed, *self.liked)):
            if book_id in cards:
                weight = _WEIGHT_OF_LIKING if book_id in self.liked else 1
                counted.update(dict.fromkeys(cards[book_id].categories, weight))
        return tuple(category for category, _ in counted.most_common(most))

    def with_signal(self, reason: Reason | None) -> Reason | None:
        """The reason with how this reader came to know its first two books; those that they liked say it alone."""
        if reason is None or not reason.books:
            return reason
        named = reason.books[:2]
        if liked := tuple(book for book in named if book[0] in self.liked):
            return Reason(reason.kind, liked, Signal.LIKED)
        if all(book_id in self.viewed for book_id, _ in named):
            return Reason(reason.kind, named, Signal.VIEWED)
        return reason


def taste_of(interactions: Sequence[Interaction]) -> Taste:
    """The taste that lies in what a reader did, the latest first."""
    opinions = [each for each in interactions if each.kind in PREFERENCE_KINDS]
    waved_away = {each.book_id for each in opinions if each.kind is InteractionKind.NOT_INTERESTED}
    looks = [each.book_id for each in interactions if each.kind in _LOOKS and each.book_id not in waved_away]
    return Taste(
        viewed=tuple(dict.fromkeys(looks)),
        liked=frozenset(_liked(opinions)) - waved_away,
        excluded=frozenset(each.book_id for each in opinions),
    )


def _liked(opinions: Iterable[Interaction]) -> Iterable[int]:
    return (each.book_id for each in opinions if (each.half_stars or 0) >= LIKED_FROM_HALF_STARS)
