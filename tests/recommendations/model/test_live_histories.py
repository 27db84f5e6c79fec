"""What was done since the training, over what was there before."""

import numpy as np
import pytest

from recommendations.domain import Event, InteractionKind, Standing
from recommendations.model.live_histories import NOTHING, Known, LiveHistories
from recommendations.model.standings import EventColumns, histories_of
from recommendations.model.vocabulary import Vocabulary

BOOKS = Vocabulary(np.array([10, 20, 30], dtype=np.int32))
BASE = [Event(1, 1, 10, InteractionKind.PURCHASE, 0.0), Event(2, 2, 30, InteractionKind.VIEW, 0.0)]


@pytest.fixture
def live() -> LiveHistories:
    """Two readers known from the training."""
    return LiveHistories(histories_of(EventColumns.of([BASE]), BOOKS), BOOKS)


def test_what_the_model_knows(live: LiveHistories) -> None:
    """Without further events each reader has what the training found, and others have nothing."""
    assert live.of(1).as_mapping() == {10: Standing.LIKED | Standing.TAKEN}
    assert live.of(2).as_mapping() == {30: Standing.LIKED}
    assert live.of(3).as_mapping() == {}


def test_events_add_to_what_the_model_knows(live: LiveHistories) -> None:
    """A further event changes its reader's standing to its book and nothing else, new books included."""
    live.observe([Event(3, 1, 99, InteractionKind.CLICK, 0.0), Event(4, 1, 10, InteractionKind.RATING, 1.0)])
    assert live.of(1).as_mapping() == {10: Standing.TAKEN | Standing.OPINION, 99: Standing.LIKED}
    assert live.of(2).as_mapping() == {30: Standing.LIKED}


def test_a_new_readers_first_event(live: LiveHistories) -> None:
    """A reader that the model never saw has a history from the first event on."""
    live.observe([Event(3, 7, 20, InteractionKind.NOT_INTERESTED, 0.0)])
    assert live.of(7).as_mapping() == {20: Standing.WAVED_AWAY | Standing.OPINION}


def test_what_a_call_holds_never_changes_under_it(live: LiveHistories) -> None:
    """Standings are replaced, not changed: a call that reads them while events arrive sees one state."""
    live.observe([Event(3, 1, 20, InteractionKind.CLICK, 0.0)])
    held, copied = live.of(1), live.of(1).as_mapping()
    live.observe([Event(4, 1, 30, InteractionKind.CLICK, 0.0), Event(5, 1, 20, InteractionKind.RATING, 5.0)])
    assert held.as_mapping() == copied
    assert live.of(1).as_mapping() != copied


def test_shown_books_are_not_in_a_history(live: LiveHistories) -> None:
    """A book that was merely shown is as unknown to the reader as before, as it is after the next training."""
    live.observe([Event(3, 1, 20, InteractionKind.SHOWN, 0.0), Event(4, 8, 20, InteractionKind.SHOWN, 0.0)])
    assert live.of(1).books.tolist() == [10]
    assert live.of(8) is NOTHING


def test_books_by_standing() -> None:
    """Books are found by any one of several standings, in their order."""
    standings = [Standing.LIKED, Standing.LIKED | Standing.TAKEN, Standing.WAVED_AWAY, Standing.NONE]
    known = Known(np.array([1, 2, 3, 4], dtype=np.int32), np.array(standings, dtype=np.uint8))
    assert known.that_are(Standing.LIKED).tolist() == [1, 2]
    assert known.that_are(Standing.TAKEN | Standing.WAVED_AWAY).tolist() == [2, 3]


def test_books_are_ascending(live: LiveHistories) -> None:
    """Whatever the order of the events, a reader's books stand in one order, so that sums are always the same."""
    live.observe(
        [Event(place, 9, book, InteractionKind.CLICK, 0.0) for place, book in enumerate((30, 10, 99, 20), 3)]
    )
    assert live.of(9).books.tolist() == [10, 20, 30, 99]
