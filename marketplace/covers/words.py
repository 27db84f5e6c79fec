"""Splits text into words, between which lines may be broken."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.covers.glyphs import clusters, is_wide

_SMALL = frozenset(
    """
    a an and as at but by for from in into is nor of on or the to with & no. mr. mrs. dr. st. le la les un une
    de du des et der die das ein eine und el los las y il lo gli e
    """.split()  # noqa: SIM905  (a list would be harder to read)
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and the space before it where it does not start a line."""

    text: str
    space: str

    @property
    def is_small(self) -> bool:
        """Whether it looks bad on a line of its own or at the end of one."""
        return self.text.lower() in _SMALL

    @property
    def is_hyphenated(self) -> bool:
        """Whether it continues the word before it."""
        return not self.space and not is_wide(self.text)


def words_of(text: str) -> list[Word]:
    """The words of a text; hyphens, dashes and slashes end a word, and every ideograph is one."""
    words: list[Word] = []
    for spaced in text.split():
        parts = [part for piece in re.findall(r"[^-–—/]+[-–—/]*|[-–—/]+", spaced) for part in _parts(piece)]
        words += [Word(part, "" if i else " ") for i, part in enumerate(parts)]
    return words


def joined(words: Sequence[Word]) -> str:
    """The words as one line."""
    return words[0].text + "".join(word.space + word.text for word in words[1:])


def _parts(piece: str) -> list[str]:
    parts: list[str] = []
    for cluster in clusters(piece):
        if parts and not _may_break(parts[-1][-1], cluster[0]):
            parts[-1] += cluster
        else:
            parts.append(cluster)
    return parts


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters: next to an ideograph, but not before its punctuation."""
    opens = unicodedata.category(before) in {"Ps", "Pi"}
    closes = unicodedata.category(after)[0] == "P" and unicodedata.category(after) not in {"Ps", "Pi"}
    return (is_wide(before) or is_wide(after)) and not opens and not closes
