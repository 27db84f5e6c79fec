"""Both services understand readers' opinions alike; neither imports the other."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.interactions import (
    LIKED_FROM_HALF_STARS,
    MAX_HALF_STARS,
    Action,
    InteractionKind,
    taste_of,
)
from recommendations.domain.interactions import HIGHEST_RATING, LOWEST_LIKED_RATING, Preference, preference_after
from recommendations.domain.interactions import InteractionKind as Kind

BOOK = 7
SENT_KINDS = [kind for kind in InteractionKind if kind not in {InteractionKind.UNDO, InteractionKind.SHOWN}]
ACTIONS = st.tuples(st.sampled_from(SENT_KINDS), st.integers(1, MAX_HALF_STARS))
"""What a reader does with a book: the kind, and the half stars of a rating."""


def did(kind: InteractionKind, half_stars: int) -> Action:
    """A reader's action with the book."""
    return Action(BOOK, kind, half_stars if kind is InteractionKind.RATING else 0)


def test_a_liking_begins_at_the_same_rating() -> None:
    """The scales have one end, and a liking one beginning."""
    assert (LIKED_FROM_HALF_STARS / 2, MAX_HALF_STARS / 2) == (LOWEST_LIKED_RATING, HIGHEST_RATING)


@pytest.mark.parametrize("half_stars", range(1, MAX_HALF_STARS + 1))
def test_a_rating_is_a_liking_in_both_or_in_neither(half_stars: int) -> None:
    """Whatever number of half stars it has."""
    in_shop = BOOK in taste_of([did(InteractionKind.RATING, half_stars)]).liked
    assert in_shop == (Preference.LIKED in preference_after(Preference.NONE, Kind.RATING, half_stars / 2))


@given(st.lists(ACTIONS, max_size=6))
def test_the_last_opinion_counts_in_both(actions: list[tuple[InteractionKind, int]]) -> None:
    """Of ratings and dismissals in any order, among other actions."""
    taste = taste_of([did(*action) for action in reversed(actions)])
    preference = reduce(
        lambda before, action: preference_after(before, Kind(action[0].value), action[1] / 2),
        actions,
        Preference.NONE,
    )
    has_opinion = Preference.OPINION in preference
    assert (BOOK in taste.liked) == (has_opinion and Preference.LIKED in preference)
    assert (BOOK in taste.excluded) == has_opinion
    if Preference.DISMISSED in preference:
        assert BOOK not in taste.viewed
