"""Ids and their rows."""

import numpy as np

from recommendations.model.vocabulary import ABSENT, Vocabulary

BOOKS = Vocabulary(np.array([3, 7, 2**31 - 1], dtype=np.int32))
EMPTY = Vocabulary(np.array([], dtype=np.int32))


def test_rows_of_known_and_unknown_ids() -> None:
    """Known ids have rows, and ids below, between and above them are ABSENT."""
    assert BOOKS.rows([7, 1, 3, 5, 2**31 - 1, 2**40]).tolist() == [1, ABSENT, 0, ABSENT, 2, ABSENT]


def test_row_agrees_with_rows() -> None:
    """Looking up one id gives the same as looking up many."""
    wanted = [0, 1, 3, 4, 7, 8, 2**31 - 1]
    assert [BOOKS.row(id_) for id_ in wanted] == BOOKS.rows(wanted).tolist()


def test_looking_up_many_ids_gives_the_same_rows() -> None:
    """The rows from a table are the same as those of single lookups."""
    vocabulary = Vocabulary(np.array([0, 3, 7, 40], dtype=np.int32))
    for wanted in ([*range(-3, 50), 2**31 - 1, 2**40], np.arange(-3, 50, dtype=np.int32)):
        assert [vocabulary.row(int(id_)) for id_ in wanted] == vocabulary.rows(wanted).tolist()


def test_an_empty_vocabulary() -> None:
    """Without ids every row is ABSENT."""
    assert EMPTY.rows([1, 2]).tolist() == [ABSENT, ABSENT]
    assert EMPTY.row(1) == ABSENT
    assert len(EMPTY) == 0
    assert BOOKS.rows([]).tolist() == []


def test_digest_depends_on_the_ids() -> None:
    """The hash is the same for the same ids in any byte order and another for other ids."""
    swapped = Vocabulary(BOOKS.ids.astype(">i4"))
    assert swapped.digest() == BOOKS.digest()
    assert Vocabulary(BOOKS.ids[:2]).digest() != BOOKS.digest()
