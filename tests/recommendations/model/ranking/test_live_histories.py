"""Current histories: what was learned, and what readers have done since."""

from collections.abc import Sequence
from math import nan

import numpy as np
import pytest

from recommendations.domain.interactions import Event, InteractionKind, Preference, preference_after
from recommendations.model.preferences import EventColumns, histories_of
from recommendations.model.ranking.live_histories import LONG, MOST_LIKES, NO_HISTORY, History, LiveHistories
from recommendations.model.ranking.live_popularity import Like
from recommendations.model.vocabulary import Vocabulary

BOOKS = Vocabulary(np.array([10, 20, 30], dtype=np.int32))
BASE = [Event(1, 1, 10, InteractionKind.PURCHASE, 0.0), Event(2, 2, 30, InteractionKind.VIEW, 0.0)]


@pytest.fixture
def live() -> LiveHistories:
    """Two readers known from the training."""
    return LiveHistories(histories_of(EventColumns.of([BASE]), BOOKS), BOOKS)


def test_what_the_model_knows(live: LiveHistories) -> None:
    """Without further events, each reader has the learned preferences, and other readers have none."""
    assert live.of(1).as_mapping() == {10: Preference.LIKED | Preference.READ}
    assert live.of(2).as_mapping() == {30: Preference.LIKED}
    assert live.of(3).as_mapping() == {}


def test_events_add_to_what_the_model_knows(live: LiveHistories) -> None:
    """A further event changes only the preference of its reader for its book, which may be new."""
    live.observe([Event(3, 1, 99, InteractionKind.CLICK, 0.0), Event(4, 1, 10, InteractionKind.RATING, 1.0)])
    assert live.of(1).as_mapping() == {10: Preference.READ | Preference.OPINION, 99: Preference.LIKED}
    assert live.of(2).as_mapping() == {30: Preference.LIKED}


def test_a_new_readers_first_event(live: LiveHistories) -> None:
    """A reader unknown to the model has a history from the first event on."""
    live.observe([Event(3, 7, 20, InteractionKind.NOT_INTERESTED, 0.0)])
    assert live.of(7).as_mapping() == {20: Preference.DISMISSED | Preference.OPINION}


def test_a_history_that_a_call_reads_never_changes(live: LiveHistories) -> None:
    """Histories are replaced, not changed, so a call sees a single state while events arrive."""
    live.observe([Event(3, 1, 20, InteractionKind.CLICK, 0.0)])
    held, copied = live.of(1), live.of(1).as_mapping()
    live.observe([Event(4, 1, 30, InteractionKind.CLICK, 0.0), Event(5, 1, 20, InteractionKind.RATING, 5.0)])
    assert held.as_mapping() == copied
    assert live.of(1).as_mapping() != copied


def test_shown_books_are_not_in_a_history(live: LiveHistories) -> None:
    """A book that was only shown is not in the history, neither now nor after the next training."""
    live.observe([Event(3, 1, 20, InteractionKind.SHOWN, 0.0), Event(4, 8, 20, InteractionKind.SHOWN, 0.0)])
    assert live.of(1).books.tolist() == [10]
    assert live.of(8) is NO_HISTORY


def test_an_undo_has_no_effect_of_its_own(live: LiveHistories) -> None:
    """It has no book; a replacement of the history removes the undone interaction."""
    assert live.observe([Event(3, 1, 0, InteractionKind.UNDO, 0.0), Event(4, 8, 0, InteractionKind.UNDO, 0.0)]) == []
    assert live.of(1).books.tolist() == [10]
    assert live.of(8) is NO_HISTORY


def test_a_replacement_removes_the_former_history(live: LiveHistories) -> None:
    """Neither learned nor observed preferences are left, and later events add to the replacement."""
    live.observe([Event(3, 1, 20, InteractionKind.CLICK, 0.0)])
    held = live.of(1).as_mapping()
    live.replace(1, [Event(2, 1, 30, InteractionKind.PURCHASE, 0.0), Event(4, 1, 0, InteractionKind.UNDO, 0.0)])
    assert live.of(1).as_mapping() == {30: Preference.LIKED | Preference.READ}
    assert set(held) == {10, 20}
    live.observe([Event(5, 1, 20, InteractionKind.VIEW, 0.0)])
    assert set(live.of(1).as_mapping()) == {20, 30}
    live.replace(1, [])
    assert live.of(1).as_mapping() == {}
    assert live.of(2).as_mapping() == {30: Preference.LIKED}


def test_only_new_likes_are_returned(live: LiveHistories) -> None:
    """Books that the reader already liked, at the training or since, and dislikes are not returned."""
    likes = live.observe(
        [
            Event(3, 1, 10, InteractionKind.CLICK, 0.0, 5.0),
            Event(4, 1, 20, InteractionKind.CLICK, 0.0, 6.0),
            Event(5, 1, 20, InteractionKind.PURCHASE, 0.0, 7.0),
            Event(6, 1, 30, InteractionKind.RATING, 1.0, 8.0),
            Event(7, 9, 10, InteractionKind.RATING, 4.0, 9.0),
        ]
    )
    assert likes == [Like(20, 6.0), Like(10, 9.0)]
    assert live.observe([Event(8, 9, 10, InteractionKind.VIEW, 0.0)]) == []


def clicks(*book_ids: int, happened: Sequence[float] = ()) -> list[Event]:
    """Reader 1 clicks on these books, one after the other, at these times."""
    times = happened or [nan] * len(book_ids)
    return [
        Event(sequence, 1, id_, InteractionKind.CLICK, 0.0, times[sequence - 3])
        for sequence, id_ in enumerate(book_ids, 3)
    ]


def test_the_latest_book_is_the_last(live: LiveHistories) -> None:
    """Books are in the order of their last events, after the learned ones."""
    live.observe(clicks(30, 99, 20, 30))
    assert live.of(1).books.tolist() == [10, 99, 20, 30]
    live.observe(clicks(10))
    assert live.of(1).books.tolist() == [99, 20, 30, 10]


def test_late_events_count_as_the_latest(live: LiveHistories) -> None:
    """Until the next training, further events are in their order of arrival, whatever their times."""
    live.observe(clicks(20, 30, 99, happened=[300.0, 100.0, nan]))
    assert live.of(1).books.tolist() == [10, 20, 30, 99]


def test_a_replaced_history_is_in_the_order_of_time(live: LiveHistories) -> None:
    """As in training: undated books first, then by the latest time of each book, ties by arrival."""
    live.replace(1, clicks(20, 30, 99, 40, 20, 10, 41, happened=[300.0, 100.0, nan, 200.0, nan, 100.0, nan]))
    assert live.of(1).books.tolist() == [99, 41, 30, 10, 40, 20]


def test_shown_books_do_not_move(live: LiveHistories) -> None:
    """Showing a book does not make it the latest one."""
    live.observe([*clicks(20), Event(9, 1, 10, InteractionKind.SHOWN, 0.0, 1e9)])
    assert live.of(1).books.tolist() == [10, 20]
    live.replace(1, [*clicks(20, 30), Event(9, 1, 20, InteractionKind.SHOWN, 0.0, 1e9)])
    assert live.of(1).books.tolist() == [20, 30]


@pytest.mark.parametrize("books", [LONG - 1, 2 * LONG])
def test_a_long_history_is_kept_as_any_other(books: int) -> None:
    """As if each event were applied to it alone, with the latest book last and the same new likes."""
    live = LiveHistories(histories_of(EventColumns.of([BASE]), BOOKS), BOOKS)
    random = np.random.default_rng(7)
    kinds = [kind for kind in InteractionKind if kind is not InteractionKind.UNDO]
    expected: dict[int, Preference] = {}
    sequence = 3

    def events(ids: Sequence[int]) -> list[Event]:
        nonlocal sequence
        sequence += len(ids)
        drawn = zip(
            random.choice(kinds, len(ids)).tolist(), random.choice([1.0, 5.0], len(ids)).tolist(), strict=True
        )
        return [
            Event(sequence, 7, id_, kind, value, float(sequence))
            for id_, (kind, value) in zip(ids, drawn, strict=True)
        ]

    for batch in (range(1, books + 1), *random.integers(1, books + 9, (30, 40)).tolist(), [5], [5, 5]):
        likes = []
        for event in (happened := events(batch)):
            if event.kind != InteractionKind.SHOWN:
                before = expected.pop(event.book_id, Preference.NONE)
                after = expected[event.book_id] = preference_after(before, InteractionKind(event.kind), event.value)
                likes += [Like(event.book_id, event.happened)] if after & ~before & Preference.LIKED else []
        assert live.observe(happened) == likes
        assert list(live.of(7).as_mapping().items()) == list(expected.items())


def test_the_latest_likes_contribute() -> None:
    """Of a very long history; all its books stay in it."""
    count = MOST_LIKES + 3
    likes = np.full(count + 1, Preference.LIKED | Preference.READ, dtype=np.uint8)
    likes[1] = Preference.READ
    history = History(np.arange(count + 1, dtype=np.int32), likes)
    assert history.liked.tolist() == list(range(4, count + 1))
    assert history.with_latest_likes().liked.tolist() == list(range(4, count + 1))
    assert (history.with_latest_likes().preferences[:4] == Preference.READ).all()
    assert len(history.with_latest_likes().not_again) == count + 1
    ordinary = History(history.rows[:MOST_LIKES], history.preferences[:MOST_LIKES])
    assert ordinary.with_latest_likes() is ordinary
