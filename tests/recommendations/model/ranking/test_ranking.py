"""The compiled ranking against the same in NumPy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.chosen import WIDTH, Chosen
from recommendations.model.ranking.diversity import POOL, Authors, varied
from recommendations.model.ranking.name_index import NameIndex
from recommendations.model.ranking.ranking import Ranker
from recommendations.model.ranking.scoring import REASONS, Evidence, best, evidence_of, strongest_speakers, totals
from recommendations.model.vocabulary import ABSENT

STANDINGS = (Preference.NONE, Preference.LIKED, Preference.LIKED | Preference.READ, Preference.DISMISSED)


class Situation(NamedTuple):
    """All that a ranking depends on."""

    neighbours: Neighbours
    ids: npt.NDArray[np.int32]
    learned: int
    history: npt.NDArray[np.int32]
    standings: npt.NDArray[np.uint8]
    on_shelf: npt.NDArray[np.bool_]
    excluded: npt.NDArray[np.int32]
    borrowed: Evidence | None
    most: int
    authors: Authors
    variety: float


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Some books that were learned and some that were not, a history of both, and what is borrowed.

    Weights are of two kinds: few and exact in binary, so that ties are common, and any, so that the order counts in
    which they are added up.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    learned, later = draw(st.integers(1, 40)), draw(st.integers(0, 5))
    books = learned + later
    coarse = draw(st.booleans())

    def weights(count: int) -> npt.NDArray[np.float64]:
        drawn: npt.NDArray[np.float64] = rng.choice([0.25, 0.5, 1.0, -0.5], count) if coarse else rng.random(count)
        return drawn

    cells = rng.random((learned, learned)) < draw(st.sampled_from([0.1, 0.5, 1.0]))
    np.fill_diagonal(cells, val=False)
    indptr = np.concatenate([[0], np.cumsum(cells.sum(axis=1))]).astype(np.int64)
    fading = (rng.choice([1.0, 0.5], 3) if coarse else rng.random(3)).astype(np.float32)
    neighbours = Neighbours(
        indptr, np.nonzero(cells)[1].astype(np.int32), weights(int(indptr[-1])).astype(np.float32), fading
    )
    history = rng.permutation(books)[: draw(st.integers(0, 8))].astype(np.int32)
    lines = draw(st.integers(0, 12))
    borrowed = Evidence(
        rng.integers(0, books, lines).astype(np.int32),
        weights(lines),
        rng.choice(np.append(history, np.int32(0)), lines),
        0,
    )
    index = NameIndex.empty().changed(
        np.arange(books, dtype=np.int32), [(str(rng.integers(0, 4)),) for _ in range(books)]
    )
    place = rng.permutation(books).astype(np.int32)
    place[rng.random(books) < draw(st.sampled_from([0.2, 1.0]))] = ABSENT
    authors = Authors.of(index, place)
    return Situation(
        neighbours,
        (rng.permutation(books) + 100).astype(np.int32),
        learned,
        history,
        rng.choice(np.array(STANDINGS, dtype=np.uint8), len(history)),
        rng.random(books) < draw(st.sampled_from([0.5, 1.0])),
        rng.integers(0, books, draw(st.integers(0, 4))).astype(np.int32),
        borrowed if lines else None,
        draw(st.integers(1, books + 3)),
        authors,
        draw(st.sampled_from([0.0, 0.3, 1.0])),
    )


Told = tuple[int, float, ReasonKind, tuple[int, ...]]


def authors_of(situation: Situation, row: int) -> set[int]:
    """The authors of a row."""
    place, spans, codes = situation.authors
    return set() if place[row] == ABSENT else set(codes[spans[place[row]] : spans[place[row] + 1]].tolist())


def plain(situation: Situation) -> list[Told]:
    """Rows, scores, reasons and who is named, in whole-array operations."""
    liked = situation.history[(situation.standings & Preference.LIKED) != 0]
    faded = situation.neighbours.recency_weights(len(liked))
    learned = liked < situation.learned
    evidence = evidence_of(situation.neighbours, liked[learned], faded[learned])
    if situation.borrowed is not None:
        evidence = evidence.followed_by(situation.borrowed)
    candidates = situation.on_shelf.copy()
    candidates[situation.history] = False
    candidates[situation.excluded] = False
    rows = np.flatnonzero(candidates)
    pool = POOL * situation.most if situation.variety else situation.most
    ranking = best(rows, totals(evidence, len(candidates))[rows], situation.ids, pool)
    listed, scores = ranking.rows.tolist(), ranking.scores.tolist()
    places = varied(scores, listed, situation.authors, variety=situation.variety, most=situation.most)
    listed, scores = [listed[place] for place in places], [scores[place] for place in places]
    told = []
    speakers = strongest_speakers(evidence, listed, len(candidates))
    for row, score, heard in zip(listed, scores, speakers, strict=True):
        _, strongest, by_model = heard[0]
        named = [who for weight, who, learned in heard[: REASONS + 1] if learned and weight < 0][:REASONS]
        shared = authors_of(situation, row) & authors_of(situation, strongest)
        known = ReasonKind.SAME_AUTHOR if shared else ReasonKind.SAME_SUBJECT
        told.append(
            (row, score, *((ReasonKind.BECAUSE_OF_BOOKS, tuple(named)) if by_model else (known, (strongest,))))
        )
    return told


def as_told(chosen: Chosen, situation: Situation) -> list[Told]:
    """The same of a compiled ranking."""
    told = []
    for line, score in zip(chosen.lines.reshape(-1, WIDTH).tolist(), chosen.scores.tolist(), strict=True):
        id_, row, kind, count, *behind = line
        assert id_ == situation.ids[row]
        assert set(behind[count:]) <= {ABSENT}
        told.append((row, score, ReasonKind(kind), tuple(behind[:count])))
    return told


@given(st.lists(situations(), min_size=1, max_size=2))
def test_the_compiled_ranking_is_the_plain_one_to_the_last_bit(some: list[Situation]) -> None:
    """The same rows, scores and speakers, whatever was ranked before by the same ranker."""
    for situation in some:
        ranker = Ranker(
            *(situation.neighbours, situation.ids, situation.learned, situation.authors), variety=situation.variety
        )
        for _ in range(2):
            ranked = ranker.rank(
                situation.history,
                situation.standings,
                on_shelf=situation.on_shelf,
                excluded=situation.excluded,
                most=situation.most,
                borrowed=situation.borrowed,
            )
            assert as_told(ranked, situation) == plain(situation)


def test_who_knows_nothing_is_told_nothing() -> None:
    """Neither an empty history nor a model without books ranks anything."""
    nothing, no_standings = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8)
    empty = Neighbours(np.zeros(1, dtype=np.int64), nothing, np.empty(0, dtype=np.float32))
    ranker = Ranker(empty, nothing, 0, Authors(nothing, np.zeros(1, dtype=np.int64), nothing))
    ranked = ranker.rank(nothing, no_standings, on_shelf=np.empty(0, dtype=np.bool_), excluded=nothing, most=10)
    assert not len(ranked.lines)
    assert not len(ranked.scores)
