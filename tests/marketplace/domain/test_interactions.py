"""A reader's taste."""

from marketplace.domain.categories import Category
from marketplace.domain.interactions import Action, InteractionKind, Taste, taste_of
from marketplace.domain.recommendations import Reason, ReasonKind, Signal
from marketplace.domain.subjects import Subject, Topic


def did(kind: InteractionKind, book_id: int, half_stars: int = 0) -> Action:
    return Action(book_id, kind, half_stars)


def test_viewed_books_are_listed_once_and_latest_first() -> None:
    """Both viewed and clicked books, without dismissed ones."""
    taste = taste_of(
        [
            did(InteractionKind.VIEW, 3),
            did(InteractionKind.NOT_INTERESTED, 2),
            did(InteractionKind.CLICK, 1),
            did(InteractionKind.VIEW, 3),
            did(InteractionKind.CLICK, 2),
        ]
    )
    assert taste.viewed == (3, 1)
    assert taste.excluded == {2}


def test_three_stars_mean_liked() -> None:
    """Fewer stars do not; every rating excludes the book from recommendations."""
    taste = taste_of([did(InteractionKind.RATING, 1, 6), did(InteractionKind.RATING, 2, 5)])
    assert taste.liked == {1}
    assert taste.excluded == {1, 2}


def test_favourites_are_the_most_frequent_topics() -> None:
    """A liked book counts as much as three viewed ones; unknown books do not count."""
    topics: dict[int, tuple[Topic, ...]] = {
        1: (Category.MYSTERY,),
        2: (Category.MYSTERY, Subject("chess", "Chess")),
        3: (Category.POETRY, Subject("owls", "Owls")),
    }
    taste = Taste(viewed=(1, 2, 3, 99), liked=frozenset({3}))
    assert taste.favourites(topics, 2) == (Category.POETRY, Subject("owls", "Owls"))
    assert Taste(viewed=(1, 2, 3)).favourites(topics, 1) == (Category.MYSTERY,)
    assert Taste().favourites(topics, 2) == ()


def test_a_reason_has_the_signal_of_its_books() -> None:
    """Liked if one of the first two books is liked, else bought, else viewed, else other."""
    taste = Taste(viewed=(1, 2), liked=frozenset({1, 3}), bought=frozenset({1, 4}))

    def signal(*book_ids: int) -> tuple[Signal, tuple[int, ...]]:
        reason = taste.with_signal(Reason(ReasonKind.BECAUSE_OF_BOOKS, tuple((book_id, "") for book_id in book_ids)))
        assert reason is not None
        return reason.signal, tuple(book_id for book_id, _ in reason.books)

    assert signal(1) == (Signal.LIKED, (1,))
    assert signal(3, 1, 2) == (Signal.LIKED, (3, 1))
    assert signal(2, 1) == (Signal.LIKED, (1,))
    assert signal(2, 4) == (Signal.BOUGHT, (4,))
    assert signal(2, 9) == (Signal.OTHER, (2, 9))
    assert signal(2) == (Signal.VIEWED, (2,))
    assert signal(9) == (Signal.OTHER, (9,))
    assert taste.with_signal(None) is None
    assert taste.with_signal(Reason(ReasonKind.NEW)) == Reason(ReasonKind.NEW)
