"""Preferences computed from all events at once equal those computed event by event."""

from collections.abc import Iterable, Sequence
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.interactions import Event, InteractionKind, Preference, preference_after
from recommendations.model.preferences import EventColumns, Histories, dated_histories_of, histories_of
from recommendations.model.ranking.live_histories import LiveHistories
from recommendations.model.vocabulary import Vocabulary

BOOKS = Vocabulary(np.array([2, 3, 5, 8], dtype=np.int32))

Move = tuple[int, int, int, float, float]


def moves(times: Iterable[float] = (nan, 0.0, -5.0, 1.0, 2.0)) -> st.SearchStrategy[list[Move]]:
    """Events at one of a few times, or at an unknown one."""
    return st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from(BOOKS.ids.tolist()),
            st.sampled_from([int(kind) for kind in InteractionKind]),
            st.sampled_from([0.5, 2.5, 2.9999999999, 3.0, 5.0]),
            st.sampled_from(list(times)),
        ),
        max_size=40,
    )


def numbered(done: Sequence[Move]) -> list[Event]:
    """The events, with sequence numbers that have gaps."""
    return [Event(3 * i + 1, *move) for i, move in enumerate(done)]


def as_dict(histories: Histories) -> dict[tuple[int, int], int]:
    """Preferences by reader and book."""
    return {
        (int(reader), int(BOOKS.ids[histories.rows[i]])): int(histories.preferences[i])
        for row, reader in enumerate(histories.readers.ids)
        for i in range(histories.indptr[row], histories.indptr[row + 1])
    }


@given(moves(), st.integers(1, 7))
def test_all_at_once_equals_one_by_one(done: list[Move], chunk: int) -> None:
    """The vectorised computation gives the same preferences as the domain's rule, event by event."""
    events = numbered(done)
    expected: dict[tuple[int, int], int] = {}
    for event in events:
        if event.kind not in {InteractionKind.SHOWN, InteractionKind.UNDO}:
            pair = (event.reader_id, event.book_id)
            before = Preference(expected.get(pair, 0))
            expected[pair] = int(preference_after(before, InteractionKind(event.kind), event.value))
    chunks = [events[start : start + chunk] for start in range(0, len(events), chunk)]
    histories = histories_of(EventColumns.of(chunks), BOOKS)
    assert as_dict(histories) == expected
    assert histories.sequence == (events[-1].sequence if events else 0)


def in_order(histories: Histories) -> dict[int, list[int]]:
    """Each reader's books, the latest last."""
    bounds = zip(histories.indptr[:-1], histories.indptr[1:], strict=True)
    parts = [BOOKS.ids[histories.rows[start:stop]].tolist() for start, stop in bounds]
    return dict(zip(histories.readers.ids.tolist(), parts, strict=True))


@given(moves())
def test_books_are_in_order_of_time(done: list[Move]) -> None:
    """Books are ordered by their latest known time, undated ones first, then by their last event."""
    events = [event for event in numbered(done) if event.kind not in {InteractionKind.SHOWN, InteractionKind.UNDO}]
    dated = dated_histories_of(EventColumns.of([events]), BOOKS)
    expected: dict[int, list[int]] = {}
    times: list[float] = []
    for reader in sorted({event.reader_id for event in events}):
        theirs = [event for event in events if event.reader_id == reader]
        last = {event.book_id: event.sequence for event in theirs}
        known = {
            id_: [event.happened for event in theirs if event.book_id == id_ and not isnan(event.happened)]
            for id_ in last
        }
        expected[reader] = sorted(last, key=lambda id_: (max(known[id_], default=-inf), last[id_]))
        times += [max(known[id_], default=nan) for id_ in expected[reader]]
    assert in_order(dated.histories) == expected
    assert dated.times.tolist() == pytest.approx(times, nan_ok=True, abs=0)


@given(moves(), st.integers(0, 40))
def test_learned_and_live_preferences_agree(done: list[Move], trained: int) -> None:
    """It makes no difference which events came before the training and which after."""
    events = numbered(done)
    live = LiveHistories(histories_of(EventColumns.of([events[:trained]]), BOOKS), BOOKS)
    live.observe(events[trained:])
    everything = histories_of(EventColumns.of([events]), BOOKS)
    known = {reader: live.of(reader).as_mapping() for reader in range(1, 5)}
    found = {(reader, id_): int(preference) for reader in known for id_, preference in known[reader].items()}
    assert found == as_dict(everything)


@given(moves(), st.integers(0, 40), st.integers(0, 40))
def test_learned_and_live_histories_agree_in_order(done: list[Move], trained: int, undated: int) -> None:
    """If events arrive in order of time, undated ones first, the order agrees too."""
    in_time = sorted(done, key=lambda move: -inf if isnan(move[-1]) else move[-1])
    events = numbered([(*move[:-1], nan if i < undated else move[-1]) for i, move in enumerate(in_time)])
    live = LiveHistories(histories_of(EventColumns.of([events[:trained]]), BOOKS), BOOKS)
    live.observe(events[trained:])
    everything = in_order(histories_of(EventColumns.of([events]), BOOKS))
    for reader in range(1, 5):
        assert live.of(reader).books.tolist() == everything.get(reader, [])


@given(moves(), st.integers(0, 40))
def test_learned_and_replaced_histories_agree_in_order(done: list[Move], trained: int) -> None:
    """A replaced history equals what the next training computes, whatever the times of its events."""
    events = numbered(done)
    live = LiveHistories(histories_of(EventColumns.of([events[:trained]]), BOOKS), BOOKS)
    learned = histories_of(EventColumns.of([events]), BOOKS)
    everything = in_order(learned)
    preferences = as_dict(learned)
    for reader in range(1, 5):
        live.replace(reader, [event for event in events if event.reader_id == reader])
        found = live.of(reader)
        assert found.books.tolist() == everything.get(reader, [])
        assert found.preferences.tolist() == [preferences[reader, id_] for id_ in found.books.tolist()]


def test_late_and_undated_events_are_last_until_the_next_training() -> None:
    """Until then, histories are in the order in which events arrive."""
    events = [Event(1, 1, 2, 3, 0.0, 50.0), Event(2, 1, 3, 3, 0.0, 40.0), Event(3, 1, 5, 3, 0.0)]
    live = LiveHistories(histories_of(EventColumns.of([events[:1]]), BOOKS), BOOKS)
    live.observe(events[1:])
    assert live.of(1).books.tolist() == [2, 3, 5]
    assert in_order(histories_of(EventColumns.of([events]), BOOKS)) == {1: [5, 3, 2]}


def test_no_events() -> None:
    """Without events there are no readers."""
    histories = histories_of(EventColumns.of([[]]), BOOKS)
    assert len(histories.readers) == 0
    assert histories.indptr.tolist() == [0]
    assert histories.sequence == 0


def test_shown_counts_for_the_sequence_only() -> None:
    """A shown book expresses no preference, but its event counts as read."""
    histories = histories_of(EventColumns.of([[Event(9, 1, 2, InteractionKind.SHOWN, 0.0)]]), BOOKS)
    assert as_dict(histories) == {}
    assert histories.sequence == 9
