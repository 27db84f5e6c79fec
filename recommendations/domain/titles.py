"""Titles of books, without what distinguishes only editions of one work."""

import re
from typing import NamedTuple

from recommendations.domain.text import folded
from recommendations.domain.title_phrases import (
    Words,
    is_edition,
    is_number,
    volume_in,
    without_edition,
    words_in,
)
from recommendations.domain.title_words import (
    ALTERNATIVES,
    ARTICLES,
    BOOKS,
    COLLECTIONS,
    EDITIONS,
    FORMATS,
    KINDS_OF_SERIES,
    LINKS,
    MARKERS,
    OTHER_BOOKS,
    PARTS,
    PUBLISHERS,
)

LEAST_YEAR = 1000
"""An unmarked number from here on is a year, not the number of a book in a series."""
MOST_BRACKETS = 10
"""Further brackets are read like the rest of a title, to bound the time that a hostile one takes."""

_DIGIT = re.compile(r"\d")
_ISBN = re.compile(r"(?:isbn(?:1[03])?:?)?(?:97[89])?\d{9}[\dx]")
_BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_RANGE = re.compile(r"(?<=\d)\s*[-–—]\s*#?(?=\d)")
_SUFFIX = re.compile(r"(?<=\d)[-\u2011](?=[^\W\d_]{1,2}\b)")
_ABBREVIATED = re.compile(r"\b(?:no|nr|n|t|v|т|ч|кн)(?:\.\s*|[°º]\s*)(?=\d)")
_SIGNS = re.compile(r"[:;,|—–]|\s-\s|(?<=\w)-\s|(?<=[^\W\d_]{4})\.\s")
"""What separates the pieces of a title; not the full stop of an abbreviation."""
_KNOWN = EDITIONS | FORMATS | PUBLISHERS
_SERIES_WORDS = ARTICLES | KINDS_OF_SERIES | LINKS


class Title(NamedTuple):
    """A title without edition, format and series.

    Two titles are the same if they share one of `texts`, unless both have a `number` in a series and these differ, or
    both have a `note` and these differ: the name of a volume, or what else is in brackets.
    """

    texts: tuple[str, ...]
    number: str = ""
    note: str = ""


def parsed_title(title: str) -> Title | None:
    """What a title says; None if it is only an ISBN, or has no words.

    `Dune: Deluxe Edition` is `Dune`. `Saga, Vol. 1`, `Saga Volume One` and `Saga #1` are the same, but neither `Saga`
    nor `Saga, Vol. 2`.
    """
    text = folded(title)
    if _DIGIT.search(text):
        if _ISBN.fullmatch(re.sub(r"[\s-]", "", text)):
            return None
        text = _SUFFIX.sub("", _ABBREVIATED.sub("#", _RANGE.sub("-", text)))
    brackets: list[str] = []
    main = text
    while len(brackets) < MOST_BRACKETS and (match := _BRACKET.search(main)):
        brackets.append(match.group()[1:-1])
        main = f"{main[: match.start()]} {main[match.end() :]}"
    reading = _Reading()
    for position, piece in enumerate(_SIGNS.split(main)):
        reading.add(position, words_in(piece))
    for bracket in brackets:
        for part in bracket.split(";"):
            reading.add_bracket(part)
    if reading.is_complete:
        return reading.title()
    words = words_in(text)
    return Title((" ".join(words),)) if words else None


class _Reading:
    """A title while it is read."""

    def __init__(self) -> None:
        self.words: Words = []
        self._note: Words = []
        self._series: list[tuple[Words, str]] = []
        self._volume_of: Words = []
        self._has_number = False
        self._has_alternative = False

    @property
    def is_complete(self) -> bool:
        """Whether there is more than a volume's number."""
        return bool(self.words) and (self._volume_of != [] or not self._has_number)

    def add(self, position: int, words: Words) -> None:
        """Add a piece of the title that ends at a sign such as a colon."""
        if not words or (position and is_edition(words)):
            return
        if position and len(words) == 1 and words[0] in ARTICLES:
            self.words.insert(0, words[0])
            return
        self._has_alternative |= position == 1 and words[0] in ALTERNATIVES
        before, marker, number, after = volume_in(without_edition(words))
        before = without_edition(before)
        if position and number and not before and after:
            # Book Two of a series
            self._series.append((after, number))
            return
        if not self._has_alternative:
            (self._note if self._volume_of else self.words).extend(before)
        if not position and len(self.words) > 1 and self.words[-1] in ALTERNATIVES:
            # as in Frankenstein or, The Modern Prometheus
            self.words.pop()
            self._has_alternative = True
        if number:
            self._add_volume(marker, number)
            self._note += after

    def add_bracket(self, text: str) -> None:
        """Add what a bracket says."""
        pieces = [words for piece in _SIGNS.split(text) if (words := words_in(piece)) and not is_edition(words)]
        words = [word for piece in pieces for word in piece]
        numbers = [i for i, word in enumerate(words) if is_number(word)]
        marked = [i for i in numbers if i and words[i - 1] in MARKERS]
        if not OTHER_BOOKS.isdisjoint(words):
            self.words += words
        elif any("-" in word for word in words) or (len(numbers) > 1 and marked != numbers[-1:]):
            # In brackets after a volume there may be the numbers of its issues.
            self.words += [] if _begins_with(words, self._volume_of) else words
        elif numbers:
            self._add_number(words, numbers[-1])
        elif _begins_with(words, self.words):
            self.words += words if not COLLECTIONS.isdisjoint(words) else []
        elif _KNOWN.isdisjoint(words):
            self._note += words

    def _add_number(self, words: Words, i: int) -> None:
        marker = words[i - 1] if i and words[i - 1] in MARKERS else ""
        name = [word for word in words[:i] + words[i + 1 :] if word not in MARKERS and word not in LINKS]
        if not marker and (i < len(words) - 1 or float(words[i]) >= LEAST_YEAR):
            self.words += words
        elif name:
            self._series.append((name, words[i]))
        else:
            self._add_volume(marker, words[i])

    def _add_volume(self, marker: str, number: str) -> None:
        self._volume_of, self._has_number = self._volume_of or [*self.words], True
        self.words += ["book"] if marker in BOOKS else ["part"] if marker in PARTS else []
        self.words.append(number)

    def title(self) -> Title:
        """The title, after everything was added."""
        text, note = " ".join(self.words), " ".join(self._note)
        if self._volume_of:
            return Title((text,), "", note)
        for name, number in self._series:
            # The title is only the series' name, so that the number belongs to it; the first book may have none.
            if _begins_with(name, self.words):
                return Title((text, f"{text} 1") if number == "1" else (f"{text} {number}",), number, note)
        return Title((text,), ";".join(sorted(_series_key(*series) for series in self._series)), note)


def _begins_with(name: Words, title: Words) -> bool:
    """Whether the name of a series begins with a whole title."""
    plain, series = ([*words][words[:1] != [] and words[0] in ARTICLES :] for words in (title, name))
    return bool(plain) and series[: len(plain)] == plain


def _series_key(name: Words, number: str) -> str:
    return " ".join([word for word in name if word not in _SERIES_WORDS] + [number])
