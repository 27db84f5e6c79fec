"""Standings computed at once are those computed one by one."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain import Event, InteractionKind, Standing, standing_after
from recommendations.model.live_histories import LiveHistories
from recommendations.model.standings import EventColumns, Histories, histories_of
from recommendations.model.vocabulary import Vocabulary

BOOKS = Vocabulary(np.array([2, 3, 5, 8], dtype=np.int32))

moves = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(BOOKS.ids.tolist()),
        st.sampled_from([int(kind) for kind in InteractionKind]),
        st.sampled_from([0.5, 2.5, 2.9999999999, 3.0, 5.0]),
    ),
    max_size=40,
)


def numbered(told: Sequence[tuple[int, int, int, float]]) -> list[Event]:
    """The events, with sequence numbers that have gaps."""
    return [Event(3 * place + 1, *one) for place, one in enumerate(told)]


def as_dict(histories: Histories) -> dict[tuple[int, int], int]:
    """Reader and book to standing."""
    return {
        (int(reader), int(BOOKS.ids[histories.rows[place]])): int(histories.standings[place])
        for row, reader in enumerate(histories.readers.ids)
        for place in range(histories.indptr[row], histories.indptr[row + 1])
    }


@given(moves, st.integers(1, 7))
def test_all_at_once_equals_one_by_one(told: list[tuple[int, int, int, float]], chunk: int) -> None:
    """The vectorised form gives each pair the standing that the domain's rule gives, event after event."""
    events = numbered(told)
    expected: dict[tuple[int, int], int] = {}
    for event in events:
        if event.kind != InteractionKind.SHOWN:
            pair = (event.reader_id, event.book_id)
            before = Standing(expected.get(pair, 0))
            expected[pair] = int(standing_after(before, InteractionKind(event.kind), event.value))
    chunks = [events[start : start + chunk] for start in range(0, len(events), chunk)]
    histories = histories_of(EventColumns.of(chunks), BOOKS)
    assert as_dict(histories) == expected
    assert histories.sequence == (events[-1].sequence if events else 0)
    for start, stop in zip(histories.indptr, histories.indptr[1:], strict=False):
        assert (np.diff(histories.rows[start:stop]) > 0).all()


@given(moves, st.integers(0, 40))
def test_learned_and_live_histories_agree(told: list[tuple[int, int, int, float]], trained: int) -> None:
    """It makes no difference which events were there at the training and which came later."""
    events = numbered(told)
    live = LiveHistories(histories_of(EventColumns.of([events[:trained]]), BOOKS), BOOKS)
    live.observe(events[trained:])
    everything = histories_of(EventColumns.of([events]), BOOKS)
    known = {reader: live.of(reader).as_mapping() for reader in range(1, 5)}
    found = {(reader, id_): int(standing) for reader in known for id_, standing in known[reader].items()}
    assert found == as_dict(everything)


def test_no_events() -> None:
    """An empty history is a history of nobody."""
    histories = histories_of(EventColumns.of([[]]), BOOKS)
    assert len(histories.readers) == 0
    assert histories.indptr.tolist() == [0]
    assert histories.sequence == 0


def test_shown_counts_for_the_sequence_only() -> None:
    """What was merely shown says nothing of taste, yet is not read again."""
    histories = histories_of(EventColumns.of([[Event(9, 1, 2, InteractionKind.SHOWN, 0.0)]]), BOOKS)
    assert as_dict(histories) == {}
    assert histories.sequence == 9
