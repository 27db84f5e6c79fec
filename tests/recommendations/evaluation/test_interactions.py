"""Interactions by column."""

import numpy as np
import pytest

from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation import interactions as module
from recommendations.evaluation.interactions import Interactions
from tests.recommendations.evaluation.histories import as_mapping, bought, did, interactions

RATING, VIEW, SHOWN = InteractionKind.RATING, InteractionKind.VIEW, InteractionKind.SHOWN
WAVED = InteractionKind.NOT_INTERESTED


def test_columns_keep_the_order_and_leave_out_what_was_shown() -> None:
    """Every field arrives, an unknown time as NaN, and a book that was merely shown is no interaction."""
    told = Interactions.of([[did(2, 5, RATING, 4.5, at=90), did(1, 6, SHOWN, at=91)], [], [did(1, 7, VIEW)]])
    assert (told.readers.tolist(), told.books.tolist()) == ([2, 1], [5, 7])
    assert (told.kinds.tolist(), told.values.tolist()) == ([RATING, VIEW], [4.5, 0.0])
    assert told.times[0] == 90
    assert told.dated.tolist() == [True, False]


def test_nothing_at_all() -> None:
    """No batch, and a batch of nothing that tells, are columns of length 0."""
    assert len(Interactions.of([])) == len(interactions(did(1, 1, SHOWN))) == 0


def test_some_of_them() -> None:
    """All five columns are cut alike."""
    told = interactions(did(1, 5, at=1), did(2, 6, RATING, 2.0, at=2), did(3, 7, at=3))
    some = told.where(np.array([False, True, False]))
    assert [column.tolist() for column in vars(some).values()] == [[2], [6], [RATING], [2.0], [2.0]]


def test_events_are_numbered_through_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three events in chunks of two are numbered 1, 2 and 3 and carry what was told."""
    monkeypatch.setattr(module, "CHUNK", 2)
    chunks = list(interactions(did(1, 5), did(2, 6, RATING, 2.0), did(1, 7, VIEW)).events())
    assert [[event[:5] for event in chunk] for chunk in chunks] == [
        [(1, 1, 5, InteractionKind.PURCHASE, 0.0), (2, 2, 6, RATING, 2.0)],
        [(3, 1, 7, VIEW, 0.0)],
    ]


def test_purchases_are_what_a_file_of_pairs_means() -> None:
    """Pairs alone are purchases without a time, as `import` takes them."""
    told = bought({1: [5, 6], 2: [5]})
    pairs = Interactions.purchases(told.readers, told.books)
    for mine, theirs in zip(vars(pairs).values(), vars(told).values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_known_and_liked_follow_the_domain() -> None:
    """The last opinion decides: rated low or waved away is known and not liked, whatever was bought before."""
    known, liked = interactions(
        did(1, 1),
        did(1, 2),
        did(1, 2, RATING, 1.0),
        did(1, 3, RATING, 1.0),
        did(1, 3, RATING, 5.0),
        did(1, 4, WAVED),
        did(2, 4, VIEW),
        did(3, 4, RATING, 2.5),
    ).known_and_liked()
    assert as_mapping(known) == {1: [1, 2, 3, 4], 2: [4], 3: [4]}
    assert as_mapping(liked) == {1: [1, 3], 2: [4]}
