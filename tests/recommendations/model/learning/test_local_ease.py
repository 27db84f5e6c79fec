"""Local EASE against the formula that defines it, and what must not change its outcome."""

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.learning import threads
from recommendations.model.learning.local_ease import LATENESS_SHRINKAGE, LONGEST, Likings, Parameters, fit, pairs_of
from recommendations.model.neighbours import Neighbours
from tests.recommendations.model.learning import dense

BOOKS = 7
parameters = st.builds(
    Parameters,
    reader_damping=st.sampled_from([0.0, 0.4, 1.0]),
    damping=st.sampled_from([0.0, 0.3, 1.0]),
    regularisation=st.sampled_from([1.0, 25.0, 1e4]),
    known_boost=st.sampled_from([0.0, 0.2]),
    candidate_norm=st.sampled_from([0.0, 0.3, 1.0]),
    candidate_damping=st.sampled_from([0.0, 0.4]),
    trend=st.sampled_from([0.0, 2.0]),
    direction=st.sampled_from([0.0, 0.3]),
    shrinkage=st.sampled_from([1.0, 8.0]),
    traits=st.sampled_from([0.0, 0.7]),
)


def likings(readers: dense.Rows, traits: dense.Rows = (), books: int = BOOKS) -> Likings:
    """What these readers like and these traits hold."""
    return Likings(dense.matrix(readers, books), dense.matrix(traits, books))


def same(one: Neighbours, other: Neighbours) -> bool:
    """Whether both are equal to the last bit."""
    columns = ("indptr", "rows", "weights", "decay")
    return all(np.array_equal(getattr(one, column), getattr(other, column)) for column in columns)


def crowd(readers: int, books: int, each: int, seed: int = 0) -> list[list[int]]:
    """Readers of so many books each."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(books)[:each].tolist() for _ in range(readers)]


@given(dense.rows(BOOKS, most=12), dense.rows(BOOKS, most=3), parameters)
def test_a_small_fit_equals_the_formula(readers: dense.Rows, traits: dense.Rows, chosen: Parameters) -> None:
    """Where all pairs and neighbours are kept, S is what the docstring of Parameters says it is."""
    found = dense.speaking(fit(likings(readers, traits), chosen))
    expected = dense.fitted(readers, traits, BOOKS, chosen)
    # A weight of 0 may come out as a little more; divided by a power of itself that may be seen.
    assert found == pytest.approx(expected, rel=2e-3, abs=1e-4 * max(1.0, float(expected.max())))


def test_the_formula_on_two_books_by_hand() -> None:
    """Two readers of 0 and then 1, one of 1 alone, one trait of both: a regression of one unknown each."""
    chosen = Parameters(
        reader_damping=0.5,
        damping=1.0,
        regularisation=2.0,
        known_boost=0.5,
        candidate_norm=0.5,
        candidate_damping=1.0,
        trend=1.0,
        direction=0.5,
        shrinkage=1.0,
        traits=0.5,
    )
    both = 2 / 2**0.5 + 0.5 / 2**0.5
    lead = 2 / 2**0.5
    # Of 1 from 0: n_0 = 2, h_0 = 3; n_1 = 3, h_1 = 4.
    weight = (both + 0.5 * lead) / (both + 2 * 3) * 3**0.5
    of_one = weight**0.5 / 4 * np.exp(1 / (3 + LATENESS_SHRINKAGE))
    weight = (both - 0.5 * lead) / (both + 1 + 2 * 4) * 4**0.5
    of_zero = weight**0.5 / 3 * np.exp(-1 / (2 + LATENESS_SHRINKAGE))
    found = dense.speaking(fit(likings([[0, 1], [0, 1], [1]], [[0, 1]], 2), chosen))
    assert found == pytest.approx(np.array([[0, of_one], [of_zero, 0]]), rel=1e-5)


def test_much_regularisation_leaves_the_plain_item_item_form() -> None:
    """As λ grows, S approaches h_i^−γ C_ij h_j^−c / λ."""
    readers = crowd(30, BOOKS, 4)
    plain = Parameters(
        reader_damping=0.4,
        damping=0.5,
        regularisation=1e7,
        known_boost=0.0,
        candidate_norm=0.0,
        candidate_damping=0.25,
        trend=0.0,
        direction=0.0,
        traits=0.0,
    )
    together, _ = dense.together(readers, [4**-0.4] * 30, BOOKS, ordered=30)
    np.fill_diagonal(together, 0)
    h = np.bincount(np.concatenate(readers), minlength=BOOKS) + plain.shrinkage
    expected = h[:, np.newaxis] ** -0.5 * together * h**-0.25
    assert dense.speaking(fit(likings(readers), plain)) * 1e7 == pytest.approx(expected, rel=1e-4)


def test_fading_falls_by_a_power_of_the_place() -> None:
    """The n-th latest book counts (1 + n)^−r."""
    fading = fit(likings([[0, 1]]), Parameters(fading=0.5)).decay
    assert fading[[0, 1, 3]] == pytest.approx([1, 2**-0.5, 0.5])


def test_only_the_strongest_neighbours_speak() -> None:
    """No candidate has more speakers than there may be, and those are of the strongest pairs."""
    readers = [[0, 1]] * 8 + [[0, 2]] * 4 + [[0, 3]] * 2
    found = dense.speaking(fit(likings(readers), Parameters(neighbours=2, damping=0.0)))
    assert np.flatnonzero(found[:, 0]).tolist() == [1, 2]
    pairs = pairs_of(likings(readers), Parameters(pairs=1, traits=0.0)).together.toarray()
    # 0 keeps 1 alone; 2 and 3 keep 0, and so 0 has them too.
    assert np.argwhere(pairs > 0).tolist() == [[0, 1], [0, 2], [0, 3], [1, 0], [2, 0], [3, 0]]


@given(dense.rows(BOOKS, most=12), st.integers(1, BOOKS))
def test_pairs_are_mutual(readers: dense.Rows, kept: int) -> None:
    """Whoever kept a pair: it has one strength, not two added up, and one book leads as far as the other follows."""
    chosen = Parameters(pairs=kept, traits=0.0)
    weights = [max(len(one), 1) ** -chosen.reader_damping for one in readers]
    together, leads = dense.together(readers, weights, BOOKS, ordered=len(readers))
    pairs = pairs_of(likings(readers), chosen)
    found = pairs.together.tocoo()
    for book, other, strength, lead in zip(*found.coords, found.data, pairs.leads, strict=True):
        assert strength == pytest.approx(together[book, other], rel=1e-5)
        assert lead == pytest.approx(leads[book, other], abs=1e-5)
    assert ((pairs.together - pairs.together.T).toarray() == 0).all()
    assert pairs.diagonal == pytest.approx(together.diagonal(), rel=1e-5)


def test_of_a_long_history_a_sample_takes_part() -> None:
    """Of a reader with more books than take part exactly so many do, whichever they are; of others all do."""
    books = 2 * LONGEST
    readers = [list(range(books)), [3, 2, 1]]
    pairs = pairs_of(likings(readers, books=books), Parameters(pairs=books, traits=0.0, reader_damping=0.0))
    short = dense.together([readers[1]], [1.0], books, ordered=1)[0]
    long = pairs.diagonal - short.diagonal()
    assert sorted(set(long.tolist())) == [0, 1]
    assert long.sum() == LONGEST
    taking_part = np.flatnonzero(long)
    assert taking_part[0] < LONGEST / 10
    assert taking_part[-1] > books - LONGEST / 10
    assert pairs.together.sum() + pairs.diagonal.sum() == LONGEST**2 + 9
    leads = pairs.leads[pairs.together.indptr[taking_part[-1]] : pairs.together.indptr[taking_part[-1] + 1]]
    assert leads.tolist() == [1.0] * (LONGEST - 1)


def test_a_reader_of_everything_says_little() -> None:
    """A reader of thousands of books, whose pairs are most of all pairs, does not outweigh two readers of few."""
    books = 3000
    readers = [list(range(books)), [0, 1], [0, 1]]
    found = fit(likings(readers, books=books), Parameters())
    spoken = found.rows[found.indptr[0] : found.indptr[1]]
    weights = found.weights[found.indptr[0] : found.indptr[1]]
    assert spoken[np.argmax(weights)] == 1
    others = weights[spoken != 1]
    assert not len(others) or weights.max() > 3 * others.max()


@pytest.mark.parametrize("cores", [1, 3, 8])
@pytest.mark.parametrize("block", [1, 7, 1000])
def test_neither_threads_nor_blocks_change_the_outcome(
    monkeypatch: pytest.MonkeyPatch, cores: int, block: int
) -> None:
    """The same likings give the same model to the last bit, however the work is shared out."""
    told = likings(crowd(60, 40, 6), crowd(5, 40, 10), 40)
    chosen = Parameters(pairs=9, neighbours=5)
    expected = fit(told, chosen)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(threads, "BLOCK", block)
    assert same(fit(told, chosen), expected)


def test_what_is_learned_from_stays_as_it_was() -> None:
    """The matrices, whose order means something, are not sorted or changed by learning from them."""
    told = likings([[3, 1, 2], [2, 0]], [[4, 1]])
    before = (dense.rows_of(told.liked), dense.rows_of(told.traits))
    fit(told, Parameters())
    assert (dense.rows_of(told.liked), dense.rows_of(told.traits)) == before


@pytest.mark.parametrize(
    ("readers", "traits", "books"),
    [
        ([], [], 0),
        ([], [], 1),
        ([[0]], [], 1),
        ([], [], 3),
        ([[]], [[]], 3),
        ([[], [2], []], [], 3),
        ([[]], [[1]], 2),
    ],
)
def test_where_nothing_is_to_be_learned(readers: dense.Rows, traits: dense.Rows, books: int) -> None:
    """No book, one book, no reader, readers with nothing or with one book: nothing speaks for anything."""
    shares: list[float] = []
    found = fit(likings(readers, traits, books), Parameters(), shares.append)
    assert found.indptr.tolist() == [0] * (books + 1)
    assert (len(found.rows), len(found.weights)) == (0, 0)
    assert shares == sorted(shares)


def test_a_book_without_readers_borrows_from_its_traits() -> None:
    """Books of one author speak for each other before anybody read them, unless traits are to count for nothing."""
    told = likings([[0, 1], [1, 0]], [[2, 3]], 5)
    assert np.argwhere(dense.speaking(fit(told, Parameters()))).tolist() == [[0, 1], [1, 0], [2, 3], [3, 2]]
    assert np.argwhere(dense.speaking(fit(told, Parameters(traits=0.0)))).tolist() == [[0, 1], [1, 0]]


def test_what_readers_did_outweighs_traits() -> None:
    """A book's readers say more of it than its author does, as soon as there are a few."""
    told = likings([[0, 1]] * 3, [[0, 2]], 3)
    found = dense.speaking(fit(told, replace(Parameters(), candidate_norm=0.0)))
    assert found[0, 1] > 2 * found[0, 2] > 0


def test_progress_rises_to_one() -> None:
    """Learning says in ascending shares how much of it is done, of the pairs first."""
    shares: list[float] = []
    fit(likings(crowd(9, 600, 5), books=600), Parameters(), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert shares == pytest.approx(
        [0.4 * 256 / 600, 0.4 * 512 / 600, 0.4, 0.4 + 0.6 * 256 / 600, 0.4 + 0.6 * 512 / 600, 1]
    )
