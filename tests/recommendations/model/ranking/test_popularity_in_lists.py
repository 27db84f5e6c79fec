"""Popularity counts in every score: for readers with and without a history, at once, and gradually."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.books import Book
from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import ReasonKind, Selection
from recommendations.model.artifact import Artifact
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.training import train
from recommendations.model.popularity import SECONDS_A_DAY, Prior
from recommendations.model.ranking import live_popularity
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import NOW, artifact_of
from tests.recommendations.model.ranking.served import (
    CATALOGUE,
    HISTORY,
    SF,
    K,
    ask,
    book,
    by_id,
    ids,
    purchases,
    served,
)

REFERENCE = NOW.timestamp()
READER = 9_999
POPULAR, GROUPS, EACH = 60, 10, 30


def likes(id_: int, count: int, *, days: float = 0.0, first: int = 10_000) -> list[Event]:
    """Likes of one book by readers who did nothing else, so many days after the training."""
    at = REFERENCE + days * SECONDS_A_DAY
    return [Event(first + n, first + n, id_, K.CLICK, 0.0, at) for n in range(count)]


@cache
def shop() -> tuple[list[Book], list[Event]]:
    """Books 1 to 60 of falling popularity, which all read, and ten groups of readers with thirty more books each."""
    rng = np.random.default_rng(0)
    weights = np.arange(1, POPULAR + 1) ** -1.0
    events: list[Event] = []
    for reader in range(1, 601):
        own = POPULAR + 1 + EACH * (reader % GROUPS) + rng.permutation(EACH)[:6]
        popular = 1 + rng.choice(POPULAR, 4, replace=False, p=weights / weights.sum())
        for id_ in rng.permutation([*own, *popular]).tolist():
            at = REFERENCE - 300 * SECONDS_A_DAY * float(rng.random())
            events.append(Event(len(events) + 1, reader, id_, K.PURCHASE, 0.0, at))
    return [Book(id=id_, title="") for id_ in range(1, POPULAR + GROUPS * EACH + 1)], events


@cache
def learned(weight: float, growth: float = 0.0) -> Artifact:
    """A model of the shop, in which popularity has this weight."""
    books, events = shop()
    parameters = Parameters(popularity_weight=weight, popularity_growth=growth)
    return train(books, [events], now=NOW, parameters=parameters).artifact


def by_likes(model: ServedModel, count: int) -> list[list[int]]:
    """The lists of a reader after no like, after the first one, and so on; all likes are of one group's books."""
    lists = [ids(ask(model, READER, limit=20))]
    for n in range(count):
        # Long ago, so that the likes themselves do not make the books popular.
        model.observe([Event(100_000 + n, READER, POPULAR + 1 + n, K.CLICK, 0.0, 0.0)])
        lists.append(ids(ask(model, READER, limit=20)))
    return lists


@pytest.mark.parametrize("growth", [0.0, 0.5])
@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_popularity_gives_way_gradually(weight: float, growth: float) -> None:
    """With every like, two fifths of the list change at most, and some of the popular books leave it.

    If the weight grows with the number of likes, fewer of them leave.
    """
    lists = by_likes(ServedModel.of(learned(weight, growth), shop()[0]), 15)
    popular = [sum(id_ <= POPULAR for id_ in listed) for listed in lists]
    assert popular[0] == max(popular) > 15
    assert 3 < popular[-1] < popular[0]
    assert growth or popular[-1] <= popular[0] / 2
    for before, after in pairwise(popular):
        assert before - 6 <= after <= before + 3
    for listed, following in pairwise(lists):
        assert len({*listed} & {*following}) >= 12


def test_the_more_popularity_counts_the_more_popular_is_the_list() -> None:
    """From the most personal list to the order of popularity, in small steps."""
    books, _ = shop()
    artifact = learned(1.0)
    weights = dict(zip(artifact.books.ids.tolist(), artifact.popularity.weights.tolist(), strict=True))
    events = [Event(100_000 + n, READER, POPULAR + 1 + n, K.CLICK, 0.0, 0.0) for n in range(3)]
    popularity: list[float] = []
    popular: list[int] = []
    for weight in [0.0, *np.geomspace(0.001, 1_000, 40)]:
        prior = Prior(float(weight))
        model = ServedModel.of(replace(artifact, neighbours=replace(artifact.neighbours, prior=prior)), books)
        model.observe(events)
        listed = ids(ask(model, READER, limit=20))
        popularity.append(sum(map(weights.__getitem__, listed)))
        popular.append(sum(id_ <= POPULAR for id_ in listed))
    assert all(before <= after + 1e-9 for before, after in pairwise(popularity))
    assert max(abs(after - before) for before, after in pairwise(popular)) <= 4
    assert popular[0] < 10
    assert listed == [id_ for id_ in ids(ask(model, NOBODY, limit=23)) if id_ not in {e.book_id for e in events}][:20]


@pytest.mark.parametrize("weight", [0.0, 1.0, 30.0])
def test_a_reader_with_nothing_gets_the_order_of_popularity(weight: float) -> None:
    """Whatever the weight: also a reader who likes nothing, but dismissed or disliked a book, and nobody."""
    model = ServedModel.of(learned(weight), shop()[0])
    order = ids(ask(model, NOBODY, limit=40, selection=Selection.POPULAR))
    weights = learned(weight).popularity.weights
    assert order == (1 + np.argsort(-weights, kind="stable")[:40]).tolist()
    result = ask(model, READER, limit=40)
    assert ids(result) == ids(ask(model, NOBODY, limit=40)) == order
    assert {item.reason.kind for item in result.recommendations} == {ReasonKind.POPULAR}
    model.observe([Event(1, READER, order[1], K.NOT_INTERESTED, 0.0), Event(2, READER, order[3], K.RATING, 1.0)])
    assert ids(ask(model, READER, limit=38)) == [order[0], order[2], *order[4:]]


@pytest.mark.parametrize("most_moved", [0, 300])
def test_likes_move_a_book_up_at_once(most_moved: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For readers with a history too, also in a category, and step by step past their personal books."""
    monkeypatch.setattr(live_popularity, "MOST_MOVED", most_moved)
    events = [event._replace(happened=REFERENCE) for event in HISTORY]
    model = served(events, CATALOGUE, prior=0.5)
    places = [(ids(ask(model, 30)).index(8), ids(ask(model, 30, SF)).index(8))]
    for n in range(30):
        model.observe(likes(8, 1, first=10_000 + n))
        places.append((ids(ask(model, 30)).index(8), ids(ask(model, 30, SF)).index(8)))
    for place, following in pairwise(places):
        assert following <= place
    # Before the like, it was behind all others; then in the middle; at last before all others.
    assert places[0] == (6, 3)
    assert len({place for place, _ in places}) > 4
    assert places[-1] == (0, 0)
    first = ask(model, 30).recommendations[0]
    assert (first.reason.kind, first.reason.books) == (ReasonKind.POPULAR, ())
    assert first.score > 0
    # The reader's own likes count, too, but a book that they know is not recommended.
    model.observe([Event(20_000, 30, 8, K.PURCHASE, 0.0, REFERENCE)])
    assert 8 not in ids(ask(model, 30))


def test_the_reason_is_what_adds_most() -> None:
    """If that is its popularity, no book of the history is named, even if one adds to the score; and vice versa."""
    events = [event._replace(happened=REFERENCE) for event in HISTORY]
    for prior, kind, named in ((0.1, ReasonKind.BECAUSE_OF_BOOKS, [1]), (5.0, ReasonKind.POPULAR, [])):
        (found,) = [
            item for item in ask(served(events, CATALOGUE, prior=prior), 30).recommendations if item.book.id == 2
        ]
        assert found.reason.kind is kind
        assert [book.id for book in found.reason.books] == named


PAIRS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 9)), min_size=1, max_size=40, unique=True)


@settings(max_examples=50)
@given(PAIRS, st.integers(0, 40), st.sampled_from([0, 2, 300]), st.integers(0, 99))
def test_it_makes_no_difference_when_a_like_came(
    pairs: Sequence[tuple[int, int]], trained: int, most_moved: int, seed: int
) -> None:
    """With the same neighbours, likes before and after the training count the same in every reader's list."""
    days = np.random.default_rng(seed).integers(-100, 100, len(pairs)).tolist()
    events = [
        event._replace(happened=REFERENCE + day * SECONDS_A_DAY)
        for event, day in zip(purchases(*pairs), days, strict=True)
    ]
    books = by_id(*map(book, range(1, 10)))
    whole, early = (artifact_of(books, part, 0.5) for part in (events, events[:trained]))
    early = replace(early, neighbours=whole.neighbours)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_popularity, "MOST_MOVED", most_moved)
        model = ServedModel.of(early, books.values())
        for event in events[trained:]:
            model.observe([event])
    expected = ServedModel.of(whole, books.values())
    for reader in range(8):
        found, same = (ask(served_, reader).recommendations for served_ in (model, expected))
        # Equal books may be in another order, as sums are rounded.
        assert [item.score for item in found] == pytest.approx([item.score for item in same])
        assert {item.book.id: item.score for item in found} == pytest.approx(
            {item.book.id: item.score for item in same}
        )


@pytest.mark.parametrize("days", [0, 300, 3_000, 30_000])
def test_likes_long_after_the_training(days: int) -> None:
    """Scores stay as small as ever, and a single like does not hide what a reader likes."""
    books = by_id(*map(book, range(1, 6)))
    together = purchases(
        *((reader, id_) for reader in range(1, 9) for id_ in (1, 2)), *((20 + n, 3) for n in range(5))
    )
    events = [event._replace(happened=REFERENCE) for event in [*together, Event(90, 9, 1, K.PURCHASE, 0.0)]]
    model = served(events, books, prior=0.3)
    most = max(item.score for item in ask(model, 9).recommendations)
    model.observe(likes(5, 1, days=days))
    result = ask(model, 9)
    scores = {item.book.id: item.score for item in result.recommendations}
    assert max(scores.values()) < 2 * most
    assert scores[2] > 0.5 * most
    assert scores[2] > scores[3] >= scores[4] == 0


def test_a_history_that_ended_decades_ago() -> None:
    """All likes ever decide, and what is liked today comes first."""
    ages = {1: 30 * 365, 2: 40 * 365, 3: 35 * 365, 4: 50 * 365}
    events = [
        Event(10 * id_ + n, 10 * id_ + n, id_, K.CLICK, 0.0, REFERENCE - ages[id_] * SECONDS_A_DAY)
        for id_, count in ((1, 2), (2, 5), (3, 3), (4, 7))
        for n in range(count)
    ]
    model = served(events, by_id(*map(book, range(1, 7))), prior=0.3)
    assert ids(ask(model, NOBODY))[:4] == [4, 2, 3, 1]
    model.observe([Event(900, READER, 6, K.CLICK, 0.0, REFERENCE - 50 * 365 * SECONDS_A_DAY)])
    result = ask(model, READER)
    assert ids(result)[:4] == [4, 2, 3, 1]
    assert all(0 < item.score < 1 for item in result.recommendations[:4])
    model.observe(likes(1, 1))
    assert ids(ask(model, READER))[:4] == ids(ask(model, NOBODY))[:4] == [1, 4, 2, 3]
