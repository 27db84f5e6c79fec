"""One author does not fill a list."""

from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.variety import by_place, varied


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[float], list[list[int]]]:
    """Falling scores, with ties, and the authors of each book."""
    scores = sorted(draw(st.lists(st.sampled_from([0.5, 0.7, 1.0, 2.0]), max_size=9)), reverse=True)
    authors = [draw(st.lists(st.integers(0, 3), max_size=2, unique=True)) for _ in scores]
    return scores, authors


@given(pools(), st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.integers(0, 10), st.lists(st.integers(0, 3), max_size=3))
def test_greedy_choice(
    pool: tuple[list[float], list[list[int]]], variety: float, most: int, listed: list[int]
) -> None:
    """Each place goes to the book whose score, cut for every book of its author before it, is the highest."""
    scores, authors = pool
    counts = {author: listed.count(author) for author in range(4)}
    left = list(range(len(scores)))
    expected: list[int] = []
    while left and len(expected) < most:

        def worth(place: int) -> float:
            return scores[place] * (1 - variety) ** max((counts[one] for one in authors[place]), default=0)

        best = max(left, key=lambda place: (worth(place), -place))
        expected.append(best)
        left.remove(best)
        for author in authors[best]:
            counts[author] += 1
    assert varied(scores, authors, variety=variety, most=most, listed=listed) == expected


def test_without_variety_or_authors_the_order_stays() -> None:
    """Neither one author nor unknown ones move anything then."""
    assert varied([3, 2, 1], [[1], [1], [1]], variety=0.0, most=2) == [0, 1]
    assert varied([3, 2, 1], [[], [], []], variety=1.0, most=2) == [0, 1]


def test_places_fall() -> None:
    """A better place is worth more, from 1 on."""
    worth = by_place(5)
    assert worth[0] == 1
    assert worth == sorted(set(worth), reverse=True)
    assert by_place(0) == []
