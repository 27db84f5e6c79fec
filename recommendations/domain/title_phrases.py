"""The words of a title, and which of them name an edition or a volume."""

import re

from recommendations.domain.title_words import (
    ARTICLES,
    BESIDE_FORMATS,
    CONTRIBUTIONS,
    EDITIONS,
    FORMATS,
    INDEFINITE_ARTICLES,
    KINDS_OF_BOOK,
    LINKS,
    MARKERS,
    OTHER_BOOKS,
    PUBLISHERS,
    SERIES_NOUNS,
    TRAILING,
    TRAILING_PAIRS,
    UNCUT,
    VOLUMES,
    is_ordinal,
    number_in,
)

MOST_EDITIONS = 100
"""A number from here on beside the word edition is a year, and such books are told apart."""

Words = list[str]

_WORD = re.compile(r"#|\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)?(?![^\W_])|[^\W_]+")
_ADJECTIVES = (FORMATS | BESIDE_FORMATS) - {"a", "an", "the", "of", "with"}


def words_in(text: str) -> Words:
    """The words of a text; numbers after a marker such as `Vol.` and at the end are in digits."""
    words: Words = _WORD.findall(text)
    last, marked = len(words) - 1, False
    for i, word in enumerate(words):
        if marked or i == last or word[0].isdecimal():
            words[i] = number_in(word, marked=marked) or word
        marked = word in MARKERS
    return words


def is_number(word: str) -> bool:
    """Whether a word is one number in digits: no range and no ordinal."""
    return word[0].isdecimal() and number_in(word, marked=False) == word


def is_name(word: str) -> bool:
    """Whether a word says something, unlike numbers, articles and prepositions."""
    return word not in ARTICLES and word not in LINKS and any(map(str.isalpha, word))


def volume_in(words: Words) -> tuple[Words, str, str, Words]:
    """The words before a volume's number, its marker, the number, and the name after it; without one, all words."""
    for i, marker in enumerate(words[:-1]):
        number, after = words[i + 1], words[i + 2 :]
        if marker in MARKERS and is_number(number):
            if not any(map(is_name, after)):
                # as in Volume 1 of 2
                return words[:i], marker, number, []
            if (after[0] in LINKS and not i) or (marker in VOLUMES and any(map(is_name, words[:i]))):
                return words[:i], marker, number, after
    return [word for word in words if word != "#"], "", "", []


def is_edition(words: Words) -> bool:
    """Whether these words name only an edition, a format, a publisher's series or the kind of book."""
    others = OTHER_BOOKS.intersection(words)
    if others and not (others == {"complete"} and not UNCUT.isdisjoint(words)):
        return False
    nouns = [i for i, word in enumerate(words) if word in EDITIONS]
    if nouns:
        numbers = [i for i, word in enumerate(words) if is_number(word)]
        beside = all(min(abs(i - noun) for noun in nouns) == 1 and float(words[i]) < MOST_EDITIONS for i in numbers)
        followed = words[nouns[-1] + 1 : nouns[-1] + 2]
        return beside and (nouns[0] == 0 or not followed or bool(numbers) or followed[0] in {"with", "by"})
    if words[-1] in KINDS_OF_BOOK and (len(words) == 1 or words[0] in INDEFINITE_ARTICLES):
        return True
    if "by" in words and not CONTRIBUTIONS.isdisjoint(words):
        return True
    if len(words) > 1 and words[0] in PUBLISHERS and words[-1] in SERIES_NOUNS:
        return True
    ordinary = all(word in FORMATS or word in BESIDE_FORMATS or is_ordinal(word) for word in words)
    return ordinary and words != ["ed"] and not FORMATS.isdisjoint(words)


def without_edition(words: Words) -> Words:
    """The words of a title without an edition or a format at the end, as in `Calculus 2nd Edition`."""
    end = len(words)
    while end > 1:
        if words[end - 1] in EDITIONS and words[end - 2] not in OTHER_BOOKS:
            end -= 1
            while end and (words[end - 1] in _ADJECTIVES or is_ordinal(words[end - 1])):
                end -= 1
        elif words[end - 1] in TRAILING:
            end -= 1
        elif tuple(words[end - 2 : end]) in TRAILING_PAIRS:
            end -= 2
        else:
            break
    return words[:end] if any(map(is_name, words[:end])) else words
