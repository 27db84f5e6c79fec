"""What is known of books where the model has not learned enough: shared authors, subjects and shelves."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.compiled import any_of, read_only
from recommendations.model.ranking.name_index import NameIndex, Spans, spans
from recommendations.model.ranking.scoring import Evidence, joined
from recommendations.model.ranking.stock import Mask, Stock
from recommendations.model.vocabulary import Rows

FEW_READERS = 3
"""A book with fewer readers at the training has not been learned: what they read besides is chance."""
AUTHOR, SUBJECTS, CATEGORY = 1.0, 0.5, 0.05
"""What a shared author, the same subjects and a shared shelf are worth, of the model's unit; see `Content`."""
COMMON = 500
"""A name that more books have says little about any of them, and is passed over."""
LONGEST_HISTORY = 200
"""Of a longer history only the last books, by row, are compared: a call must end."""
SAMPLE = 4_096


class _Side(NamedTuple):
    """One of the two indexes, with the postings of books that borrow apart."""

    names: NameIndex
    borrowing: Rows
    borrowing_spans: Spans


class Content:
    """What books of a history say, by what is known of them, where the model knows too little of either book.

    A pair of books, one of which at least has not been learned, weighs 1 for every author in common, and half the
    cosine of their subjects, each counting by its rarity (idf); a shelf in common adds a twentieth to that, so that
    it decides among equals only. The unit of these weights is the median, over the books of the model, of what a
    book says of the one it speaks for most strongly: to share an author is to be each other's best neighbour.
    """

    def __init__(self, stock: Stock, readers_of_book: npt.NDArray[np.int32], unit: float) -> None:
        self._stock = stock
        self._unit = unit
        self._borrows: Mask = np.ones(len(stock.ids), dtype=np.bool_)
        self._borrows[: stock.learned] = readers_of_book < FEW_READERS
        borrowers = self._borrows[stock.row_of]
        recommended = borrowers & ~stock.catalogue.removed
        speaks = np.zeros(len(stock.catalogue), dtype=np.bool_)
        self._sides = []
        for index in (stock.catalogue.authors, stock.catalogue.subjects):
            kept = recommended[index.rows]
            side = _Side(index, index.rows[kept], spans(index.codes[kept], len(index.books)))
            says = np.where(
                borrowers[index.rows],
                (index.books > 1)[index.codes],
                (np.diff(side.borrowing_spans) > 0)[index.codes],
            )
            speaks[index.rows[says & (index.books <= COMMON)[index.codes]]] = True
            self._sides.append(side)
            # Made here rather than by the first call that needs it.
            _ = index.row_spans, index.row_codes
        _ = stock.catalogue.subjects.lengths
        self._speaks: Mask = np.zeros(len(stock.ids), dtype=np.bool_)
        self._speaks[stock.row_of] = speaks
        self._speaks.flags.writeable = False

    def anyone_speaks(self, history: Rows) -> bool:
        """Whether any book of a history has something to say."""
        return bool(any_of(self._speaks, read_only(history)))

    def speakers(self, history: Rows) -> Rows:
        """Those books of a history that have something to say, which mostly are none."""
        spoken: Rows = history[self._speaks[history]][-LONGEST_HISTORY:]
        return spoken

    def evidence(self, speakers: Rows) -> Evidence:
        """What the speakers say of books, in pairs one of which at least has not been learned."""
        borrow = self._borrows[speakers]
        return self._told(speakers[borrow], speakers[~borrow])

    def all_of(self, row: int) -> Evidence:
        """What one book says of all books, learned or not."""
        return self._told(np.array([row], dtype=np.int32), np.empty(0, dtype=np.int32))

    def _told(self, of_all: Rows, of_borrowing: Rows) -> Evidence:
        authors, subjects = self._sides
        parts = []
        for speakers, among_all in ((of_all, True), (of_borrowing, False)):
            if len(speakers):
                parts.append(self._by_names(authors, speakers, among_all=among_all, cosine=False))
                parts.append(self._by_names(subjects, speakers, among_all=among_all, cosine=True))
        pairs = np.concatenate([np.empty(0, dtype=np.int64), *(pair for pair, _ in parts)])
        weights = np.concatenate([np.empty(0), *(weight for _, weight in parts)])
        pairs, place = np.unique(pairs, return_inverse=True)
        weights = np.bincount(place, weights, minlength=len(pairs))
        speakers, rows = (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)
        weights = weights * self._unit * np.where(self._stock.share_a_shelf(rows, speakers), 1 + CATEGORY, 1.0)
        # A book speaks for itself too, which no list minds: what is known is left out of all.
        return Evidence(rows, weights, speakers, 0)

    def _by_names(
        self, side: _Side, speakers: Rows, *, among_all: bool, cosine: bool
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Pairs of speaker and book that share a name, a line for each name that they share, and their weights."""
        index, spans_, rows = side.names, side.borrowing_spans, side.borrowing
        if among_all:
            spans_, rows = index.spans, index.rows
        places = self._stock.place[speakers]
        named = index.row_spans[places + 1] - index.row_spans[places]
        codes = index.row_codes[joined(index.row_spans[places], named)]
        who = np.repeat(np.arange(len(speakers)), named)
        tells = index.books[codes] <= COMMON
        who, codes = who[tells], codes[tells]
        counts = spans_[codes + 1] - spans_[codes]
        others = rows[joined(spans_[codes], counts)]
        weights = np.full(len(others), AUTHOR)
        if cosine:
            told = SUBJECTS * index.rarity[codes] ** 2 / index.lengths[places[who]]
            weights = np.repeat(told, counts) / index.lengths[others]
        pairs = speakers[np.repeat(who, counts)].astype(np.int64) << 32 | self._stock.row_of[others]
        return pairs, weights


def unit_of(neighbours: Neighbours) -> float:
    """The median, over a sample of books that speak, of the strongest weight of each; 1 where none speaks."""
    counts = np.diff(neighbours.indptr)
    speaking = np.flatnonzero(counts)
    sample = speaking[:: max(len(speaking) // SAMPLE, 1)]
    if not len(sample):
        return 1.0
    strongest = np.maximum.reduceat(
        neighbours.weights[joined(neighbours.indptr[sample], counts[sample])],
        np.concatenate([[0], np.cumsum(counts[sample])[:-1]]),
    )
    positive = strongest[strongest > 0]
    return float(np.median(positive)) if len(positive) else 1.0
