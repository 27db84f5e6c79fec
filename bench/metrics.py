"""How good one ranking is, judged by the books that the reader took up afterwards."""

from collections.abc import Sequence, Set
from math import log2


def recall(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """The share of the wanted books that stand among the first `cutoff`; `wanted` is not empty."""
    return sum(book in wanted for book in ranked[:cutoff]) / len(wanted)


def ndcg(ranked: Sequence[int], wanted: Set[int], cutoff: int) -> float:
    """Normalised discounted cumulative gain with binary gains; `wanted` is not empty.

    The ideal list has min(len(wanted), cutoff) hits at its top (Järvelin and Kekäläinen 2002).
    """
    gain = sum(1 / log2(place + 2) for place, book in enumerate(ranked[:cutoff]) if book in wanted)
    return gain / sum(1 / log2(place + 2) for place in range(min(len(wanted), cutoff)))
