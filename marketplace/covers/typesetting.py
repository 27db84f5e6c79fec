"""Fits a text into an area of a cover, as large as possible and in even lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.covers.glyphs import clusters, is_wide, printable
from marketplace.covers.line_breaks import break_lines
from marketplace.covers.text_areas import TextArea
from marketplace.covers.words import Word, words_of

MAX_CHARACTERS = 400
"""Longer texts are truncated: they never fit on a cover."""
ELLIPSIS = "…"

_LEGIBLE_SIZE = 16.0
"""A font size that is easy to read on a small cover."""
# Each size tried is this share of the one before, and none is below this share of the largest that fits.
_STEP, _MIN_SHARE = 0.93, 0.6


@dataclass(frozen=True, slots=True)
class FittedText:
    """Lines that fit into their area at a font size."""

    lines: tuple[str, ...]
    size: float


def typeset(text: str, area: TextArea) -> FittedText:
    """The text in the best lines and size; truncated with an ellipsis if no size fits."""
    visible = printable(text[:MAX_CHARACTERS])
    if area.capitals:
        visible = visible.upper()
    words = words_of(visible)
    if not words:
        return FittedText((), area.largest)
    if len(text) > MAX_CHARACTERS:
        return FittedText(_filled(words, area, is_cut=True), area.smallest)
    for allows_lone_small_words in (False, True):
        fitted = _best(words, area, allows_lone_small_words)
        if fitted:
            return fitted
    return FittedText(_filled(words, area, is_cut=False), area.smallest)


def _best(words: Sequence[Word], area: TextArea, allows_lone_small_words: bool) -> FittedText | None:
    """The lines and size with the least sum of the penalties for breaks, number of lines and small size."""
    best: tuple[float, FittedText] | None = None
    size, largest, smallest = area.largest, 0.0, area.smallest
    while size >= smallest:
        lines = break_lines(words, area, size, allows_lone_small_words=allows_lone_small_words)
        if lines:
            if best is None:
                # Do not try much smaller sizes.
                largest, smallest = size, max(_MIN_SHARE * size, min(_LEGIBLE_SIZE, 0.8 * area.largest), smallest)
            cost = lines.cost + area.line_cost * (len(lines.lines) - 1) + 1 - size / largest
            if best is None or cost < best[0]:
                best = cost, FittedText(lines.lines, size)
        size = round(size * _STEP, 1)
    return best[1] if best else None


def _filled(words: Sequence[Word], area: TextArea, *, is_cut: bool) -> tuple[str, ...]:
    """Lines filled greedily at the smallest size; words wider than a line are broken."""
    room, most = area.box.width / area.smallest, area.lines_of(area.smallest)
    lines: list[str] = []
    for word in words:
        if lines and area.measure(lines[-1] + word.space + word.text) <= room:
            lines[-1] += word.space + word.text
            continue
        rest = word.text
        while area.measure(rest) > room and len(lines) <= most:
            head = _head(rest, area, room - area.measure("-"))
            rest = rest[len(head) :]
            lines.append(head + ("-" if head[-1].isalpha() and not is_wide(head) else ""))
        lines.append(rest)
        if len(lines) > most:
            break
    if len(lines) <= most and not is_cut:
        return tuple(lines)
    *others, last = lines[:most]
    head = _head(last, area, room - area.measure(ELLIPSIS))
    if " " in head and last[len(head) :][:1].strip():
        head = head.rsplit(" ", 1)[0]
    return (*others, head.rstrip(" -–—,;:.") + ELLIPSIS)


def _head(text: str, area: TextArea, room: float) -> str:
    """The longest beginning that fits into `room`, at least one cluster."""
    head = ""
    for cluster in clusters(text):
        if head and area.measure(head + cluster) > room:
            break
        head += cluster
    return head
