"""Fits a text into an area of a cover, as large and as evenly broken as possible."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.covers.glyphs import clusters, is_wide, printable
from marketplace.covers.line_breaks import break_lines
from marketplace.covers.text_areas import TextArea
from marketplace.covers.words import Word, words_of

MAX_CHARACTERS = 400
"""Longer texts are cut: they never fit on a cover."""

ELLIPSIS = "…"

_LEGIBLE = 16.0
"""A font size that is easy to read on a small cover."""

_STEP = 0.93
_MIN_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines that fit into their area at a font size."""

    lines: tuple[str, ...]
    size: float


def typeset(text: str, area: TextArea) -> Setting:
    """The text as large as it fits, in even lines; truncated with an ellipsis if no size fits."""
    visible = printable(text[:MAX_CHARACTERS])
    if area.capitals:
        visible = visible.upper()
    words = words_of(visible)
    if not words:
        return Setting((), area.largest)
    if len(text) > MAX_CHARACTERS:
        return Setting(_filled(words, area, is_cut=True), area.smallest)
    for allows_lone_small_words in (False, True):
        setting = _best(words, area, allows_lone_small_words)
        if setting:
            return setting
    return Setting(_filled(words, area, is_cut=False), area.smallest)


def _best(words: Sequence[Word], area: TextArea, allows_lone_small_words: bool) -> Setting | None:
    """The setting with the least sum of the penalties for its breaks, its lines and its lost size."""
    best: tuple[float, Setting] | None = None
    size, largest, smallest = area.largest, 0.0, area.smallest
    while size >= smallest:
        lines = break_lines(words, area, size, allows_lone_small_words=allows_lone_small_words)
        if lines:
            if best is None:
                # Much smaller sizes are not worth trying.
                largest, smallest = size, max(_MIN_SHARE * size, min(_LEGIBLE, 0.8 * area.largest), smallest)
            cost = lines.cost + area.line_cost * (len(lines.lines) - 1) + 1 - size / largest
            if best is None or cost < best[0]:
                best = cost, Setting(lines.lines, size)
        size = round(size * _STEP, 1)
    return best[1] if best else None


def _filled(words: Sequence[Word], area: TextArea, *, is_cut: bool) -> tuple[str, ...]:
    """Lines filled greedily at the smallest size, with words broken that are wider than a line."""
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
    """The longest beginning that fits into the room, and at least one cluster."""
    head = ""
    for cluster in clusters(text):
        if head and area.measure(head + cluster) > room:
            break
        head += cluster
    return head
