"""The tasks on which models are evaluated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation import task as module
from recommendations.evaluation.split import Split
from recommendations.evaluation.task import Task, make_task
from tests.recommendations.evaluation.histories import as_mapping, bought, did, interactions
from tests.recommendations.evaluation.histories import task as a_task

RATING, VIEW, DISMISSED = InteractionKind.RATING, InteractionKind.VIEW, InteractionKind.NOT_INTERESTED
NO_BOOKS = np.empty(0, dtype=np.int32)


def test_only_new_liked_books_are_wanted() -> None:
    """Books with a low rating, dismissed books, and books already known are not wanted."""
    training = interactions(did(1, 1), did(1, 2, VIEW), did(1, 3, RATING, 1.0))
    test = interactions(
        did(1, 1),
        did(1, 2),
        did(1, 3, RATING, 5.0),
        did(1, 4),
        did(1, 5, RATING, 2.0),
        did(1, 6, DISMISSED),
        did(1, 7, VIEW),
    )
    task, counts = make_task(Split(training, test), NO_BOOKS, k=3, seed=7)
    assert as_mapping(task.known) == {1: [1, 2, 3]}
    assert as_mapping(task.liked) == {1: [1, 2]}
    assert as_mapping(task.wanted) == {1: [4, 7]}
    assert (counts.wanted, counts.known_already) == (2, 3)


def test_unknown_readers_are_counted_but_not_evaluated() -> None:
    """Readers who are only in the test part are left out."""
    parts = Split(bought({1: [1], 2: [1, 2]}), bought({1: [2], 3: [1], 4: [1, 2]}))
    task, counts = make_task(parts, NO_BOOKS, k=3, seed=7)
    assert as_mapping(task.wanted) == {1: [2]}
    assert (counts.readers, counts.unknown_readers) == (1, 2)


def test_unknown_books_stay_wanted() -> None:
    """Books that are only in the test part count against every model."""
    parts = Split(bought({1: [1], 2: [1, 2]}), bought({1: [2, 8], 2: [8, 9], 3: [9]}))
    task, counts = make_task(parts, NO_BOOKS, k=3, seed=7)
    assert as_mapping(task.wanted) == {1: [2, 8], 2: [8, 9]}
    assert task.catalogue.ids.tolist() == [1, 2]
    assert (counts.unknown_books, counts.unknown_wanted, counts.wanted) == (2, 3, 4)


def test_the_catalogue_has_the_callers_books_and_those_of_the_history() -> None:
    """Books without readers, and books that are only in the history, may be recommended."""
    task, counts = make_task(
        Split(bought({1: [5, 1]}), bought({1: [9]})), np.array([7, 5], dtype=np.int32), k=3, seed=7
    )
    assert task.catalogue.ids.tolist() == [1, 5, 7]
    assert counts.books == 3


def test_counts_of_interactions() -> None:
    """Both parts and the undated interactions are counted."""
    _, counts = make_task(Split(bought({1: [1, 2]}), bought({1: [3]}), undated=4), NO_BOOKS, k=3, seed=7)
    assert (counts.training_interactions, counts.test_interactions, counts.undated) == (2, 1, 4)


def test_a_saved_task_can_be_loaded(tmp_path: Path) -> None:
    """All parts of the task are restored."""
    task = a_task({1: [1, 2], 2: [3]}, {1: [3]}, books=4, k=5, liked={1: [2]}, seed=11)
    task.save(tmp_path / "task.npz")
    loaded = Task.load(tmp_path / "task.npz")
    assert loaded.catalogue.ids.tolist() == [1, 2, 3, 4]
    assert as_mapping(loaded.known) == {1: [1, 2], 2: [3]}
    assert as_mapping(loaded.liked) == {1: [2]}
    assert as_mapping(loaded.wanted) == {1: [3]}
    assert (loaded.k, loaded.seed) == (5, 11)


def test_readers_come_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reader with wanted books comes exactly once."""
    monkeypatch.setattr(module, "CHUNK", 2)
    task = a_task({1: [1], 2: [1], 3: [1], 4: [1]}, {1: [2], 3: [2], 4: [2]}, books=2)
    assert [chunk.tolist() for chunk in task.chunks()] == [[1, 3], [4]]
    assert not list(replace(task, wanted=a_task({}, {}, books=1).wanted).chunks())
