"""An upper estimate of the width of text, and the characters that can be printed."""

import re
import unicodedata
from functools import lru_cache
from itertools import dropwhile

# The widths of U+0020 to U+007E in hundredths of the font size, each the widest of all fonts that covers name: a text
# that fits by this table fits with any of them.
_REGULAR = """
32 40 46 84 64 95 89 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 54 100 72 73 77
80 73 69 80 87 40 40 75 66 102 88 82 67 82 75 69 67 84 72 103 71 66 69 39 34 39 84 50 50 61 64 56 64 62 37 64
64 32 31 61 32 97 64 61 64 64 48 52 40 64 59 86 59 59 53 64 34 64 84
"""
_BOLD = """
35 46 52 84 70 100 90 31 47 47 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 59 100 78 85 80
87 76 71 85 94 47 47 87 70 111 91 87 75 87 83 72 74 87 78 112 78 72 73 47 37 47 84 50 50 67 72 61 72 68 44 72
73 38 36 69 38 106 73 69 72 72 53 60 48 73 65 92 65 65 58 71 37 71 84
"""
_WIDTHS = {
    bold: {chr(32 + i): int(width) / 100 for i, width in enumerate(table.split())}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}
_PUNCTUATION = {"…": 1.0, "–": 0.5, "—": 1.0, "\u2018": 0.38, "’": 0.38, "“": 0.66, "”": 0.66}
# Letters that have no decomposition, and letters of the table that are as wide.
_ALIKE = dict(zip("øØłŁđĐıðþÞßæÆœ¿¡«»", "oOtLdDiopPBWWW?!nn", strict=True))
# The widths of other scripts, by the first word of their letters' Unicode names.
_SCRIPTS = {"ARABIC": 0.62, "HEBREW": 0.66, "CYRILLIC": 0.76, "GREEK": 0.7}
_WIDE, _EMOJI, _UNKNOWN = 1.05, 1.4, 0.95
_EMOJI_CODES = range(0x1F000, 0x20000)
_FIRST_SYMBOL = "\u2190"
_JOINER = "\u200d"
# What XML forbids or UTF-8 cannot encode, and marks that change the direction of the following text.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff]"
)


def printable(text: str) -> str:
    """The text as one line, without characters that cannot be printed."""
    # A combining mark at the start of a word has no base letter.
    words = ("".join(dropwhile(_extends, word)) for word in _UNPRINTABLE.sub(" ", text).split())
    return " ".join(filter(None, words))


def clusters(text: str) -> list[str]:
    """The grapheme clusters of a text: letters with their accents, joined emoji."""
    pieces: list[str] = []
    for character in text:
        if pieces and (_extends(character) or _is_joining(pieces[-1]) or _is_pair(pieces[-1], character)):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def width(text: str, *, bold: bool) -> float:
    """An upper estimate of the width of a text, in font sizes."""
    return sum(_cluster_width(cluster, bold) for cluster in clusters(text))


def is_measured(text: str) -> bool:
    """Whether the estimate uses only measured glyphs."""
    return all(_base(cluster[0]) in _WIDTHS[True] or cluster[0] in _PUNCTUATION for cluster in clusters(text))


def is_wide(character: str) -> bool:
    """Whether a line may be broken before and after the character without a space."""
    return unicodedata.east_asian_width(character[0]) in {"W", "F"}


def is_right_to_left(text: str) -> bool:
    """Whether the first letter of the text is of a right-to-left script."""
    directions = map(unicodedata.bidirectional, text)
    return next((direction for direction in directions if direction in {"L", "R", "AL"}), "L") != "L"


@lru_cache(maxsize=4096)
def _cluster_width(cluster: str, bold: bool) -> float:
    first = cluster[0]
    known = _PUNCTUATION.get(first) or _WIDTHS[bold].get(_base(first))
    if known is not None:
        return known
    if ord(first) in _EMOJI_CODES or (len(cluster) > 1 and not unicodedata.combining(cluster[1])):
        return _EMOJI
    if is_wide(first):
        return _WIDE
    return _SCRIPTS.get(unicodedata.name(first, "").split(" ")[0], _UNKNOWN) * (1.1 if bold else 1)


def _base(character: str) -> str:
    """The letter whose width stands for this one, such as the one without its accent."""
    return _ALIKE.get(character) or unicodedata.normalize("NFD", character)[0]


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character == _JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _is_joining(before: str) -> bool:
    """Whether the cluster is an emoji that ends with a joiner."""
    return before.endswith(_JOINER) and before[0] >= _FIRST_SYMBOL


def _is_pair(before: str, character: str) -> bool:
    """Whether two regional indicators make a flag."""
    return all("\U0001f1e6" <= indicator <= "\U0001f1ff" for indicator in before + character) and len(before) == 1
