"""Sets of books by reader."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommendations.evaluation.reader_books import ReaderBooks, pair_keys
from recommendations.model.vocabulary import GREATEST

IDS = st.integers(1, GREATEST)


@given(pairs=st.lists(st.tuples(IDS | st.integers(1, 3), IDS | st.integers(1, 3))))
def test_they_are_the_pairs_without_order_and_repetition(pairs: list[tuple[int, int]]) -> None:
    """Whatever the ids, each reader has exactly their books, ascending, and `pairs` gives them back in order."""
    readers, books = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    gathered = ReaderBooks.of(readers, books)
    expected = sorted(set(pairs))
    assert list(zip(*(column.tolist() for column in gathered.pairs()), strict=True)) == expected
    assert len(gathered) == len(expected)
    for reader in {reader for reader, _ in pairs}:
        assert gathered.of_reader(reader).tolist() == [book for one, book in expected if one == reader]


def test_a_reader_without_books() -> None:
    """Somebody unknown has none, and that is no error."""
    one = np.array([4], dtype=np.int32)
    assert ReaderBooks.of(one, one).of_reader(5).tolist() == []
    assert ReaderBooks.of(one[:0], one[:0]).of_reader(4).tolist() == []


def test_keys_tell_pairs_apart() -> None:
    """Reader 1 with book 2 is not reader 2 with book 1, and the greatest ids fit."""
    readers = np.array([1, 2, GREATEST], dtype=np.int32)
    books = np.array([2, 1, GREATEST], dtype=np.int32)
    assert pair_keys(readers, books).tolist() == [2**32 + 2, 2 * 2**32 + 1, GREATEST * 2**32 + GREATEST]
