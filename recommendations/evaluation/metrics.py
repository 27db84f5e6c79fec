"""How good rankings are: each by the books that its reader took up afterwards, and all of them together."""

from collections.abc import Sequence, Set
from math import log2

import numpy as np
import numpy.typing as npt


def recall(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """The share of the wanted books that stand among the first `cutoff`; `wanted` is not empty."""
    return sum(book in wanted for book in ranked[:cutoff]) / len(wanted)


def ndcg(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """Normalised discounted cumulative gain with binary gains; `wanted` is not empty.

    The ideal list has min(len(wanted), cutoff) hits at its top (Järvelin and Kekäläinen 2002).
    """
    gain = sum(1 / log2(place + 2) for place, book in enumerate(ranked[:cutoff]) if book in wanted)
    return gain / sum(1 / log2(place + 2) for place in range(min(len(wanted), cutoff)))


def reciprocal_rank(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """1 / the place of the first wanted book among the first `cutoff`, places counted from 1; 0 where there is none.

    Its mean over readers is MRR (Voorhees 1999).
    """
    return next((1 / place for place, book in enumerate(ranked[:cutoff], 1) if book in wanted), 0.0)


def hit(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """1 where any wanted book stands among the first `cutoff`, else 0; its mean over readers is the hit rate."""
    return float(any(book in wanted for book in ranked[:cutoff]))


def coverage(listed: npt.NDArray[np.int64]) -> float:
    """The share of the catalogue's books that stand in at least one list; `listed` counts each book's lists."""
    return float(np.count_nonzero(listed) / max(len(listed), 1))


def novelty(listed: npt.NDArray[np.int64], readers_of: npt.NDArray[np.int64], readers: int) -> float:
    """The mean self-information of recommended books, in bits: over all places of all lists, −log2(n / N).

    N = `readers` are the readers of the training part, and n = `readers_of` a book those among them who have it
    there, liked or not. A book that nobody has would be infinitely novel; it counts as if one reader had it, and so
    no more than the rarest book that somebody has. 0 where nothing is recommended. (Zhou et al. 2010.)
    """
    places = listed.sum()
    if not places:
        return 0.0
    bits = -np.log2(np.maximum(readers_of, 1) / max(readers, 1))
    return float((listed * bits).sum() / places)
