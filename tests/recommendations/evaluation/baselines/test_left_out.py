"""Which models are left out, and the reasons."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from recommendations.evaluation import IMPLICIT, MODELS
from recommendations.evaluation.baselines.left_out import BYTES, MOST_BOOKS, left_out, library_is_installed
from recommendations.evaluation.interactions import ReaderBooks
from recommendations.evaluation.task import Task
from tests.recommendations.evaluation.histories import task


def of_size(books: int) -> Task:
    """A task in which a reader likes this many books, of a catalogue that is larger."""
    ids = np.arange(1, books + 1, dtype=np.int32)
    return replace(task({1: [1]}, {}, books=9), liked=ReaderBooks.of(np.ones_like(ids), ids))


def test_nothing_is_left_out_where_all_fits() -> None:
    """With the library and enough memory all models are evaluated."""
    assert library_is_installed()
    assert left_out(MODELS, of_size(100)) == {}


def test_without_the_library_its_models_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those that were asked for, and no others."""
    monkeypatch.setitem(sys.modules, "implicit", None)
    assert not library_is_installed()
    assert tuple(left_out(MODELS, of_size(100))) == IMPLICIT
    assert left_out(["random", "als"], of_size(100)) == {"als": "the library `implicit` is not installed"}


def test_ease_may_use_half_of_the_memory() -> None:
    """One byte less than twice what its matrix needs is too little, and the reason has both numbers."""
    needed = 2 * 24_915**2 * BYTES
    assert left_out(MODELS, of_size(24_915), available=needed) == {}
    assert left_out(MODELS, of_size(24_915), available=2**31) == {
        "ease": "its matrix of 24,915 × 24,915 books needs 2,960 MB, and half of the available memory is 1,024 MB"
    }
    assert list(left_out(MODELS, of_size(24_915), available=needed - 1)) == ["ease"]
    assert left_out(["shipped"], of_size(24_915), available=2**20) == {}


def test_ease_is_too_slow_for_the_largest_catalogues() -> None:
    """However much memory there is."""
    assert left_out(["ease"], of_size(MOST_BOOKS), available=2**50) == {}
    (reason,) = left_out(["ease"], of_size(MOST_BOOKS + 1), available=2**50).values()
    assert reason == "its time grows with the cube of the books, and 30,001 are more than 30,000"
