"""Content scores: shared authors, subjects and categories, for books that the model has not learned enough about."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.catalogue_index import CatalogueIndex, Mask
from recommendations.model.ranking.name_index import NameIndex, Spans, spans
from recommendations.model.ranking.scoring import Evidence, ranges, read_only
from recommendations.model.vocabulary import Rows

AUTHOR, SUBJECTS, CATEGORY = 1.0, 0.5, 0.05
"""The weights of a shared author, identical subjects and a shared category; see `Content`."""
COMMON = 500
"""An author or subject of more books than this says little about each, and is ignored."""
LONGEST_HISTORY = 200
"""Only this many of the latest books of a history are compared, to bound the time of a call."""
SAMPLE = 4_096


class _SharedNames(NamedTuple):
    """The index of authors or of subjects, and its entries for books that the model has not learned."""

    names: NameIndex
    unlearned: Rows
    unlearned_spans: Spans


class Content:
    """Content scores of pairs of books, at least one of which the model has not learned.

    A pair weighs 1 for each author in common, plus half the cosine similarity of the subjects, weighted by inverse
    document frequency; a category in common adds 5 %, to break ties. The unit is the median, over the model's books,
    of a book's greatest weight: a shared author counts as much as a best neighbour. Authors of several books of a
    history add up; subjects are divided by the square root of the number of these books, because most of them share
    some with any new book of their kind, and new books would fill the list.
    """

    def __init__(self, catalogue: CatalogueIndex, readers_of_book: npt.NDArray[np.int32], unit: float) -> None:
        self._catalogue = catalogue
        self._unit = unit
        self._unlearned: Mask = np.ones(len(catalogue.ids), dtype=np.bool_)
        self._unlearned[: catalogue.learned] = readers_of_book == 0
        unlearned = self._unlearned[catalogue.model_rows]
        recommended = unlearned & ~catalogue.catalogue.removed
        is_source = np.zeros(len(catalogue.catalogue), dtype=np.bool_)
        self._shared = []
        for index in (catalogue.catalogue.authors, catalogue.catalogue.subjects):
            kept = recommended[index.rows]
            shared = _SharedNames(index, index.rows[kept], spans(index.codes[kept], len(index.books)))
            has_partner = np.where(
                unlearned[index.rows],
                (index.books > 1)[index.codes],
                (np.diff(shared.unlearned_spans) > 0)[index.codes],
            )
            is_source[index.rows[has_partner & (index.books <= COMMON)[index.codes]]] = True
            self._shared.append(shared)
            # Computed now, so that the first call that needs them does not take longer.
            _ = index.row_spans, index.row_codes
        _ = catalogue.catalogue.subjects.lengths
        self._is_source: Mask = np.zeros(len(catalogue.ids), dtype=np.bool_)
        self._is_source[catalogue.model_rows] = is_source
        self._is_source.flags.writeable = False

    def has_source(self, history: Rows) -> bool:
        """Whether any book of a history has content scores for other books."""
        return bool(any_of(self._is_source, read_only(history)))

    def sources(self, history: Rows) -> Rows:
        """The books of a history that have content scores for others; often none."""
        sources: Rows = history[self._is_source[history]][-LONGEST_HISTORY:]
        return sources

    def evidence(self, sources: Rows) -> Evidence:
        """The content scores of pairs of a source and a book, at least one of them not learned."""
        unlearned = self._unlearned[sources]
        return self._evidence(sources[unlearned], sources[~unlearned])

    def evidence_among_all(self, row: int) -> Evidence:
        """The content scores of one book for all others, learned or not."""
        return self._evidence(np.array([row], dtype=np.int32), np.empty(0, dtype=np.int32))

    def _evidence(self, among_all: Rows, among_unlearned: Rows) -> Evidence:
        authors, subjects = self._shared
        parts = []
        for sources, is_among_all in ((among_all, True), (among_unlearned, False)):
            if len(sources):
                parts.append(self._pairs(authors, sources, among_all=is_among_all, cosine=False))
                sharing, similarity = self._pairs(subjects, sources, among_all=is_among_all, cosine=True)
                parts.append((sharing, similarity / (len(among_all) + len(among_unlearned)) ** 0.5))
        pairs = np.concatenate([np.empty(0, dtype=np.int64), *(pair for pair, _ in parts)])
        weights = np.concatenate([np.empty(0), *(weight for _, weight in parts)])
        pairs, position = np.unique(pairs, return_inverse=True)
        weights = np.bincount(position, weights, minlength=len(pairs))
        sources, rows = (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)
        weights = weights * self._unit * np.where(self._catalogue.share_a_category(rows, sources), 1 + CATEGORY, 1.0)
        # A book also has a score for itself, which is harmless: no list contains books of the history.
        return Evidence(rows, weights, sources, 0)

    def _pairs(
        self, shared: _SharedNames, sources: Rows, *, among_all: bool, cosine: bool
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Pairs of source and book, one for each name they share, and their weights."""
        index, spans_, rows = shared.names, shared.unlearned_spans, shared.unlearned
        if among_all:
            spans_, rows = index.spans, index.rows
        catalogue_rows = self._catalogue.catalogue_rows[sources]
        counts = index.row_spans[catalogue_rows + 1] - index.row_spans[catalogue_rows]
        codes = index.row_codes[ranges(index.row_spans[catalogue_rows], counts)]
        source = np.repeat(np.arange(len(sources)), counts)
        informative = index.books[codes] <= COMMON
        source, codes = source[informative], codes[informative]
        counts = spans_[codes + 1] - spans_[codes]
        others = rows[ranges(spans_[codes], counts)]
        weights = np.full(len(others), AUTHOR)
        if cosine:
            rarity = SUBJECTS * index.rarity[codes] ** 2 / index.lengths[catalogue_rows[source]]
            weights = np.repeat(rarity, counts) / index.lengths[others]
        pairs = sources[np.repeat(source, counts)].astype(np.int64) << 32 | self._catalogue.model_rows[others]
        return pairs, weights


def unit_of(neighbours: Neighbours) -> float:
    """The median of the books' greatest weights, over a sample of books with neighbours; 1 if there are none."""
    counts = np.diff(neighbours.indptr)
    with_neighbours = np.flatnonzero(counts)
    sample = with_neighbours[:: max(len(with_neighbours) // SAMPLE, 1)]
    if not len(sample):
        return 1.0
    greatest = np.maximum.reduceat(
        neighbours.weights[ranges(neighbours.indptr[sample], counts[sample])],
        np.concatenate([[0], np.cumsum(counts[sample])[:-1]]),
    )
    positive = greatest[greatest > 0]
    return float(np.median(positive)) if len(positive) else 1.0


@njit(cache=True)
def any_of(mask: Mask, rows: Rows) -> bool:
    """Whether the mask is set at any of the rows."""
    for row in rows:  # noqa: SIM110  (Numba compiles no generator expressions)
        if mask[row]:
            return True
    return False
