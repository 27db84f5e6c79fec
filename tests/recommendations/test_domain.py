"""The rules of the domain."""

import pytest

from recommendations.domain.interactions import InteractionKind, Preference, preference_after

K = InteractionKind
NONE, LIKED = Preference.NONE, Preference.LIKED
READ, DISMISSED, OPINION = Preference.READ, Preference.DISMISSED, Preference.OPINION


@pytest.mark.parametrize(
    ("before", "kind", "value", "after"),
    [
        (NONE, K.SHOWN, 0, NONE),
        (LIKED | READ, K.SHOWN, 0, LIKED | READ),
        (NONE, K.VIEW, 0, LIKED),
        (NONE, K.CLICK, 0, LIKED),
        (NONE, K.CART, 0, LIKED),
        (NONE, K.PURCHASE, 0, LIKED | READ),
        (LIKED, K.PURCHASE, 0, LIKED | READ),
        (LIKED | READ, K.VIEW, 0, LIKED | READ),
        (NONE, K.RATING, 2.99, READ | OPINION),
        (NONE, K.RATING, 3.0, READ | OPINION | LIKED),
        (LIKED | READ, K.RATING, 1, READ | OPINION),
        (READ | OPINION, K.RATING, 5, READ | OPINION | LIKED),
        (DISMISSED | OPINION, K.RATING, 4, READ | OPINION | LIKED),
        (NONE, K.NOT_INTERESTED, 0, DISMISSED | OPINION),
        (LIKED, K.NOT_INTERESTED, 0, DISMISSED | OPINION),
        (LIKED | READ, K.NOT_INTERESTED, 0, READ | DISMISSED | OPINION),
        (READ | OPINION | LIKED, K.NOT_INTERESTED, 0, READ | DISMISSED | OPINION),
        (DISMISSED | OPINION, K.VIEW, 0, DISMISSED | OPINION),
        (DISMISSED | OPINION, K.PURCHASE, 0, DISMISSED | READ | OPINION),
        (READ | OPINION, K.CART, 0, READ | OPINION),
        (READ | OPINION, K.PURCHASE, 0, READ | OPINION),
    ],
)
def test_the_preference_after_one_more_interaction(
    before: Preference, kind: InteractionKind, value: float, after: Preference
) -> None:
    """An opinion replaces an earlier one and outranks other actions."""
    assert preference_after(before, kind, value) == after


@pytest.mark.parametrize("before", [Preference(bits) for bits in range(16)])
@pytest.mark.parametrize("kind", InteractionKind)
def test_what_was_bought_or_rated_stays_read(before: Preference, kind: InteractionKind) -> None:
    """No later interaction makes the book unread."""
    if before & Preference.READ:
        assert preference_after(before, kind, 1.0) & Preference.READ
