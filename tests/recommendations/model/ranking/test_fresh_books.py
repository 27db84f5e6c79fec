"""Fresh books among those that have nothing to do with a reader's history."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import ReasonKind
from tests.recommendations.model.ranking.served import (
    SF,
    TODAY,
    K,
    M,
    ask,
    book,
    by_id,
    ids,
    purchases,
    served,
)


def test_every_fifth_place_has_a_fresh_book() -> None:
    """Every fifth place after the personal books has a recent book that few have read, in liked categories first."""
    old = [book(id_, SF) for id_ in range(1, 16)]
    fresh = [
        replace(book(id_, M if id_ == 50 else SF), added_on=TODAY - timedelta(id_ - 50)) for id_ in (50, 51, 52, 53)
    ]
    tried = [(reader, 50) for reader in range(100, 109)]
    crowd = [(100 * id_ + reader, id_) for id_ in range(1, 16) for reader in range(20 - id_)]
    model = served(purchases(*tried, *crowd), by_id(*old, *fresh))
    result = ask(model, NOBODY, limit=12)
    assert ids(result) == [1, 2, 3, 4, 50, 5, 6, 7, 8, 51, 9, 10]
    assert result.recommendations[4].reason.kind is result.recommendations[9].reason.kind is ReasonKind.NEW
    model.observe([Event(900, 7, 3, K.CLICK, 0.0), Event(901, 500, 50, K.CLICK, 0.0)])
    assert ids(ask(model, 7, limit=10)) == [1, 2, 4, 5, 51, 6, 7, 8, 9, 52]
    assert ids(ask(model, NOBODY, limit=5))[4] == 51
    assert 51 not in ids(ask(model, NOBODY, limit=4))


@pytest.mark.parametrize("limit", range(4, 24))
def test_fresh_books_among_popular_ones(limit: int) -> None:
    """Where popularity counts, every fifth of the books that have nothing to do with the history is fresh.

    They take no personal book's place, and have the score of the book whose place they take.
    """
    fresh = [replace(book(id_, M), added_on=TODAY) for id_ in range(50, 60)]
    popular, personal = list(range(2, 20)), [30, 31, 32, 33, 34, 35]
    events = purchases(
        *((100 * id_ + reader, id_) for id_ in popular for reader in range(30 - id_)),
        *((reader, 1) for reader in range(10, 20)),
        *(
            (reader, id_)
            for id_, shared in zip(personal, (10, 5, 4, 3, 2, 1), strict=True)
            for reader in range(10, 10 + shared)
        ),
        (9, 1),
    )
    old = by_id(*(book(id_, M) for id_ in (1, *popular, *personal)))
    without, with_ = (ask(served(events, books, prior=0.5), 9, limit=limit) for books in (old, old | by_id(*fresh)))
    plain = ids(without)
    assert 0 < len({*plain} & {*personal}) < len(plain) == limit
    listed = ids(with_)
    assert len(listed) == limit
    assert [id_ for id_ in listed if id_ in personal] == [id_ for id_ in plain if id_ in personal]
    others = [id_ for id_ in listed if id_ not in personal]
    assert [id_ >= 50 for id_ in others] == [place % 5 == 0 for place in range(1, len(others) + 1)]
    kinds = {item.reason.kind for item in with_.recommendations if item.book.id >= 50}
    assert kinds == ({ReasonKind.NEW} if len(others) >= 5 else set())
    assert [id_ for id_ in others if id_ < 50] == [id_ for id_ in plain if id_ in popular][
        : sum(map((50).__gt__, others))
    ]
    scores = [item.score for item in with_.recommendations]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_fresh_books_of_liked_categories_come_first() -> None:
    """Fresh books in a category that the reader likes come before later arrivals."""
    fresh = [replace(book(50, M), added_on=TODAY), replace(book(51, SF), added_on=TODAY - timedelta(1))]
    model = served(
        purchases(*((100 * id_ + reader, id_) for id_ in range(1, 9) for reader in range(id_))),
        by_id(*(book(id_, SF) for id_ in range(1, 9)), *fresh),
    )
    model.observe([Event(900, 5000, 1, K.CLICK, 0.0)])
    assert ids(ask(model, NOBODY))[4] == 50
    assert ids(ask(model, 5000))[4] == 51
