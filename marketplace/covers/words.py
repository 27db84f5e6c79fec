"""The pieces of a text between which a line may be broken."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.covers.glyphs import clusters, is_wide

_SMALL = frozenset(
    """
    a an and as at but by for from in into is nor of on or the to with & no. mr. mrs. dr. st. le la les un une
    de du des et der die das ein eine und el los las y il lo gli e
    """.split()  # noqa: SIM905  (words read better as words)
)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece that stays on one line where it can, and what stands before it where it does not begin one."""

    text: str
    space: str

    @property
    def is_small(self) -> bool:
        """Whether it looks lost on a line of its own, or at the end of one."""
        return self.text.lower() in _SMALL

    @property
    def is_hyphenated(self) -> bool:
        """Whether a line that begins with it continues a word."""
        return not self.space and not is_wide(self.text)


def words_of(text: str) -> list[Word]:
    """The words of a text; a hyphen, a dash or a slash ends one, and every ideograph is one."""
    words: list[Word] = []
    for spaced in text.split():
        parts = [part for piece in re.findall(r"[^-–—/]+[-–—/]*|[-–—/]+", spaced) for part in _parts(piece)]
        words += [Word(part, "" if place else " ") for place, part in enumerate(parts)]
    return words


def joined(words: Sequence[Word]) -> str:
    """The words as they stand on a line."""
    return words[0].text + "".join(word.space + word.text for word in words[1:])


def _parts(piece: str) -> list[str]:
    parts: list[str] = []
    for cluster in clusters(piece):
        if parts and not _may_part(parts[-1][-1], cluster[0]):
            parts[-1] += cluster
        else:
            parts.append(cluster)
    return parts


def _may_part(before: str, after: str) -> bool:
    """Whether a line may end between two characters: around an ideograph, but not between it and its punctuation."""
    opens = unicodedata.category(before) in {"Ps", "Pi"}
    closes = unicodedata.category(after)[0] == "P" and unicodedata.category(after) not in {"Ps", "Pi"}
    return (is_wide(before) or is_wide(after)) and not opens and not closes
