"""Sets a text into an area of a cover, as large and as even as it goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.covers.areas import Area
from marketplace.covers.breaking import broken
from marketplace.covers.glyphs import clusters, is_wide, printable
from marketplace.covers.words import Word, words_of

CONSIDERED = 400
"""The characters of a text that are looked at: more never fit on a cover."""

ELLIPSIS = "…"

_EASY = 16.0
"""A type size that is read with ease when a cover is shown small."""

_STEP = 0.93
_LEAST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines that fit their area at a type size."""

    lines: tuple[str, ...]
    size: float


def typeset(text: str, area: Area) -> Setting:
    """The text as large as it fits, broken into even lines; cut with an ellipsis where no size fits."""
    kept = printable(text[:CONSIDERED])
    if area.capitals:
        kept = kept.upper()
    words = words_of(kept)
    if not words:
        return Setting((), area.largest)
    if len(text) > CONSIDERED:
        return Setting(_filled(words, area, is_cut=True), area.smallest)
    for allows_lone_small_words in (False, True):
        found = _handsomest(words, area, allows_lone_small_words)
        if found:
            return found
    return Setting(_filled(words, area, is_cut=False), area.smallest)


def _handsomest(words: Sequence[Word], area: Area, allows_lone_small_words: bool) -> Setting | None:
    """Of the sizes that fit, the one that is both large and even: what is lost of either counts against it."""
    found: tuple[float, Setting] | None = None
    size, largest, least = area.largest, 0.0, area.smallest
    while size >= least:
        tried = broken(words, area, size, allows_lone_small_words=allows_lone_small_words)
        if tried:
            if found is None:
                # A size still smaller only where the larger one breaks badly.
                largest, least = size, max(_LEAST_SHARE * size, min(_EASY, 0.8 * area.largest), least)
            cost = tried.cost + area.line_cost * (len(tried.lines) - 1) + 1 - size / largest
            if found is None or cost < found[0]:
                found = cost, Setting(tried.lines, size)
        size = round(size * _STEP, 1)
    return found[1] if found else None


def _filled(words: Sequence[Word], area: Area, *, is_cut: bool) -> tuple[str, ...]:
    """Lines filled one after another at the smallest size, words broken where one is wider than a line."""
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


def _head(text: str, area: Area, room: float) -> str:
    """The longest beginning that is not wider than the room, and at least a cluster."""
    head = ""
    for cluster in clusters(text):
        if head and area.measure(head + cluster) > room:
            break
        head += cluster
    return head
