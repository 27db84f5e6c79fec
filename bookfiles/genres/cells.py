"""Splits a cell of a file into labels, and finds the categories of all of them."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bookfiles.genres.folding import AND, fold
from bookfiles.genres.genre import Kind
from bookfiles.genres.labels import SEPARATOR, code_of, genre_of
from bookfiles.genres.vocabulary import vocabulary

_SEPARATOR = re.compile(r"[;|\n\r\t•·\uff1b\u3001]")
# Not inside parentheses: `West (AK, CA, HI)`.
_COMMA = re.compile(r",(?![^()]*\))")
_ENCLOSING = " []{}\"'“”«»„"
MAX_COMMAS = 3
"""The most commas of a known name."""


@dataclass(frozen=True, kw_only=True)
class CellGenres:
    """The categories of a cell, in its order and each once, and the labels that are unknown."""

    categories: tuple[str, ...]
    unknown: tuple[str, ...]


def genres_of(cell: str) -> CellGenres:
    """The categories and unknown labels of one cell of a file. Beside fiction, `Historical` is historical fiction."""
    labels = labels_of(cell)
    kinds = {genre.implied_kind for genre in map(genre_of, labels) if genre}
    of_fiction = Kind.FICTION in kinds and Kind.NONFICTION not in kinds
    categories: dict[str, None] = {}
    unknown: list[str] = []
    for label in labels:
        genre = genre_of(label)
        if genre and not genre.categories and of_fiction:
            genre = genre.of_kind(Kind.FICTION)
        if genre is None or (genre.if_fiction and not genre.categories):
            unknown.append(label)
        else:
            categories.update(dict.fromkeys(genre.categories))
    return CellGenres(categories=tuple(categories), unknown=tuple(unknown))


def labels_of(cell: str) -> tuple[str, ...]:
    """The labels of one cell, in its order and each once.

    They are separated by semicolons, bars, line breaks or commas, or are codes separated by spaces; lists of Python,
    JSON and PostgreSQL are read too. A comma inside a known name, such as a BISAC heading's, does not separate.
    """
    labels = (label for part in _SEPARATOR.split(html.unescape(cell)) for label in _split_at_commas(part))
    stripped = (label.strip(_ENCLOSING) for label in labels)
    return tuple(dict.fromkeys(code for label in stripped if label for code in _split_codes(label)))


def _split_codes(label: str) -> list[str]:
    words = label.split()
    return words if len(words) > 1 and all(map(code_of, words)) else [label]


def _split_at_commas(text: str) -> Iterator[str]:
    """The labels between the commas that separate."""
    pieces = _COMMA.split(" ".join(text.split()))
    levels = [[level.strip(_ENCLOSING) for level in SEPARATOR.split(piece)] for piece in pieces]
    inside = _inside_names(levels)
    start = 0
    in_path = False
    for end in range(1, len(pieces) + 1):
        in_path = in_path or len(levels[end - 1]) > 1
        if end == len(pieces) or (end not in inside and _separates(levels, end, in_path=in_path)):
            yield ",".join(pieces[start:end])
            start = end
            in_path = False


def _separates(levels: list[list[str]], end: int, *, in_path: bool) -> bool:
    """Whether the comma before the piece `end` separates labels; each piece is a list of its levels."""
    if _begins_path(levels, end) or not in_path:
        return True
    # In a path, `Hospitality, Travel & Tourism` is one level, and so are words that are no genres.
    before, after = levels[end - 1][-1], levels[end][0]
    genres = (genre_of(before), genre_of(after))
    return AND not in fold(after).split() and all(genre is not None and genre.categories for genre in genres)


def _begins_path(levels: list[list[str]], end: int) -> bool:
    """Whether the piece `end` begins with a code or the first level of a path."""
    beginning = levels[end][0]
    first_levels = (
        fold(beginning),
        *(name for _, name in _names_with_commas([[beginning], *levels[end + 1 : end + 1 + MAX_COMMAS]], 0)),
    )
    return code_of(beginning) is not None or any(name in vocabulary().first_levels for name in first_levels)


def _inside_names(levels: list[list[str]]) -> set[int]:
    """The pieces before which there is a comma of a known name."""
    return {
        piece
        for first in range(len(levels))
        for last, name in _names_with_commas(levels, first)
        if name in vocabulary().names
        for piece in range(first + 1, last + 1)
    }


def _names_with_commas(levels: list[list[str]], first: int) -> Iterator[tuple[int, str]]:
    """The folded texts that begin at the last level of the piece `first`, with the pieces that they end in."""
    name = levels[first][-1]
    for last in range(first + 1, min(len(levels), first + MAX_COMMAS + 1)):
        name = f"{name},{levels[last][0]}"
        yield last, fold(name)
