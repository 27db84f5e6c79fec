"""Breaks words into even lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil

from marketplace.covers.areas import Area
from marketplace.covers.words import Word, joined

# What makes lines unhandsome: uneven lengths, less so where one edge is straight; a line that ends with a small
# word; a word across two lines.
_RAGGED = {"middle": 4.0, "start": 2.5}
_ENDS_SMALL, _HYPHENATED = 0.1, 0.25


@dataclass(frozen=True, slots=True)
class Broken:
    """Lines, and how unhandsome they are."""

    lines: tuple[str, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """Words, and in type sizes: the room on a line, where each word ends, and the space before each."""

    words: Sequence[Word]
    room: float
    ends: Sequence[float]
    spaces: Sequence[float]
    raggedness: float

    def width(self, first: int, end: int) -> float:
        return round(self.ends[end] - self.ends[first] - self.spaces[first], 4)

    def cost(self, first: int, end: int, ideal: float) -> float:
        cost = ((self.width(first, end) - ideal) / self.room) ** 2 * self.raggedness
        if end < len(self.words):
            cost += _ENDS_SMALL * self.words[end - 1].is_small + _HYPHENATED * self.words[end].is_hyphenated
        return cost

    def is_lone_small_word(self, first: int, end: int) -> bool:
        return end - first == 1 < len(self.words) and self.words[first].is_small


def broken(words: Sequence[Word], area: Area, size: float, *, allows_lone_small_words: bool) -> Broken | None:
    """The handsomest lines at a type size, in as few as fit the area; None where they do not fit."""
    most = area.lines_of(size)
    measured = _Measured(
        words,
        area.box.width / size,
        list(accumulate((area.measure(word.space + word.text) for word in words), initial=0.0)),
        [area.measure(word.space) for word in words],
        _RAGGED[area.align],
    )
    fewest = ceil(measured.width(0, len(words)) / measured.room)
    for count in range(max(fewest, 1), most + 1):
        found = _broken_into(count, measured, allows_lone_small_words=allows_lone_small_words)
        if found:
            return found
    return None


def _broken_into(count: int, measured: _Measured, *, allows_lone_small_words: bool) -> Broken | None:
    ideal = measured.width(0, len(measured.words)) / count
    # The best way to each word that so many lines can end before.
    reached: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, (0,))}
    for _ in range(count):
        further: dict[int, tuple[float, tuple[int, ...]]] = {}
        for first, (cost, breaks) in reached.items():
            for end in range(first + 1, len(measured.words) + 1):
                if measured.width(first, end) > measured.room:
                    break
                if measured.is_lone_small_word(first, end) and not allows_lone_small_words:
                    continue
                way = cost + measured.cost(first, end, ideal) / count, (*breaks, end)
                further[end] = min(way, further.get(end, way))
        reached = further
    if len(measured.words) not in reached:
        return None
    cost, breaks = reached[len(measured.words)]
    return Broken(tuple(joined(measured.words[first:end]) for first, end in pairwise(breaks)), cost)
