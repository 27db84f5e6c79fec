"""Breaks text into even lines by dynamic programming."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil

from marketplace.covers.text_areas import TextArea
from marketplace.covers.words import Word, joined

# Penalties: uneven lines, less if one edge is straight; a small word at the end of a line; a broken word.
_RAGGEDNESS = {"middle": 4.0, "start": 2.5}
_SMALL_WORD_AT_END, _HYPHENATED = 0.1, 0.25


@dataclass(frozen=True, slots=True)
class BrokenLines:
    """Lines and their penalty."""

    lines: tuple[str, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """Words and, in font sizes, the width of a line, the end of each word, and the space before each."""

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
            cost += _SMALL_WORD_AT_END * self.words[end - 1].is_small + _HYPHENATED * self.words[end].is_hyphenated
        return cost

    def is_lone_small_word(self, first: int, end: int) -> bool:
        return end - first == 1 < len(self.words) and self.words[first].is_small


def break_lines(
    words: Sequence[Word], area: TextArea, size: float, *, allows_lone_small_words: bool
) -> BrokenLines | None:
    """The fewest lines at a font size, with the least penalty; None if they do not fit into the area."""
    most = area.lines_of(size)
    measured = _Measured(
        words,
        area.box.width / size,
        list(accumulate((area.measure(word.space + word.text) for word in words), initial=0.0)),
        [area.measure(word.space) for word in words],
        _RAGGEDNESS[area.align],
    )
    fewest = ceil(measured.width(0, len(words)) / measured.room)
    for count in range(max(fewest, 1), most + 1):
        lines = _break_into(count, measured, allows_lone_small_words=allows_lone_small_words)
        if lines:
            return lines
    return None


def _break_into(count: int, measured: _Measured, *, allows_lone_small_words: bool) -> BrokenLines | None:
    ideal = measured.width(0, len(measured.words)) / count
    # By the word that starts the next line, the least cost and its breaks.
    reached: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, (0,))}
    for _ in range(count):
        further: dict[int, tuple[float, tuple[int, ...]]] = {}
        for first, (cost, breaks) in reached.items():
            for end in range(first + 1, len(measured.words) + 1):
                if measured.width(first, end) > measured.room:
                    break
                if measured.is_lone_small_word(first, end) and not allows_lone_small_words:
                    continue
                path = cost + measured.cost(first, end, ideal) / count, (*breaks, end)
                further[end] = min(path, further.get(end, path))
        reached = further
    if len(measured.words) not in reached:
        return None
    cost, breaks = reached[len(measured.words)]
    return BrokenLines(tuple(joined(measured.words[first:end]) for first, end in pairwise(breaks)), cost)
