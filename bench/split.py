"""Hold-outs: which of a reader's books a model learns from, and which it must foresee."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHARE = 0.2
"""How much of each reader's history is held out."""


@dataclass(frozen=True)
class Pairs:
    """Who took up what: one reader–book pair at each place of two arrays of one length."""

    readers: npt.NDArray[np.int32]
    books: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.readers)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Pairs":
        """The chosen pairs, in the same order."""
        return Pairs(self.readers[chosen], self.books[chosen])

    def by_reader(self) -> dict[int, list[int]]:
        """Each reader's books."""
        order = np.argsort(self.readers, kind="stable")
        readers, starts = np.unique(self.readers[order], return_index=True)
        books = np.split(self.books[order], starts[1:])
        return {reader: chunk.tolist() for reader, chunk in zip(readers.tolist(), books, strict=True)}


@dataclass(frozen=True)
class Split:
    """What is learned from, and what is held out."""

    training: Pairs
    test: Pairs


def random_split(pairs: Pairs, seed: int) -> Split:
    """Hold out a random fifth of each reader's books."""
    return _split(pairs, np.zeros(_greatest(pairs) + 1), np.random.default_rng(seed))


def drift_split(pairs: Pairs, seed: int) -> Split:
    """Hold out a fifth drawn with a propensity exp(z) a book, z ~ N(0, 1), so that some books lie in the future."""
    rng = np.random.default_rng(seed)
    return _split(pairs, rng.standard_normal(_greatest(pairs) + 1), rng)


def _split(pairs: Pairs, log_propensity: npt.NDArray[np.float64], rng: np.random.Generator) -> Split:
    # Whoever has the smallest of exponential times with these rates is drawn as by these weights without replacement
    # (Efraimidis and Spirakis 2006).
    times = rng.exponential(size=len(pairs)) / np.exp(log_propensity[pairs.books])
    order = np.lexsort((times, pairs.readers))
    _, starts, counts = np.unique(pairs.readers[order], return_index=True, return_counts=True)
    place = np.arange(len(pairs)) - np.repeat(starts, counts)
    # Half up, so that a reader of four has one held out; a reader of one or two keeps all.
    held_out = np.empty(len(pairs), dtype=np.bool_)
    held_out[order] = place < np.repeat(np.floor(counts * SHARE + 0.5), counts)
    return Split(training=pairs.where(~held_out), test=pairs.where(held_out))


def _greatest(pairs: Pairs) -> int:
    return int(pairs.books.max(initial=0))
