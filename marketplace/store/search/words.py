"""The words by which texts are found, and the terms of a query: what belongs together, in each of its spellings."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from unicodedata import normalize

from marketplace.domain.text import MAX_WORD_LENGTH, MAX_WORDS, folded_words, named_symbols, plain, with_isbn13
from marketplace.store.search.numbers import other_notations

Spelling = tuple[str, ...]
"""Words that a book must have, all of them."""
Term = tuple[Spelling, ...]
"""One thing in a text, in each of its spellings: `spider-man` is `spider` and `man`, or `spiderman`."""

# Scripts without spaces between words: kana, ideographs, Hangul and the scripts of Southeast Asia.
_CHARACTER = (
    "[\u0e01-\u0e4e\u0e81-\u0ecd\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u309d\u309e\u30fc-\u30fe"
    "\u3105-\u312f\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]"
)
_RUN = re.compile(f"({_CHARACTER}+)")
# Names, and sentences in Korean, are written with and without spaces.
_RUN_WITH_SPACES = re.compile(rf"({_CHARACTER}+(?:\s+{_CHARACTER}+)*)")
# Katakana are searched as hiragana, and names without the points between their parts.
_SAME_CHARACTERS = {katakana: katakana - 0x60 for katakana in range(0x30A1, 0x30F7)} | dict.fromkeys((0x30FB, 0x30A0))
_DIGITS = 5
"""Digits of a character's code in words such as `x068ee06797`, which nobody types and no database splits."""
CHARACTER_LENGTH = 1 + _DIGITS
"""The length of a word that stands for a single character."""
_CHARACTERS = re.compile("x[0-3][0-9a-f]{4}(?:[0-3][0-9a-f]{4})?")
_MAX_PAIRS = 12
"""Pairs of adjacent characters that a book must have."""

_INITIALS = re.compile(r"(?<![a-z0-9])[a-z](?:[^a-z0-9&]+[a-z](?![a-z0-9&]))+")
_AND = re.compile(r"(?<![a-z0-9])([a-z]{1,2})\s+(?:and|&)\s+([a-z])(?![a-z0-9])")
_COMPOUND = re.compile(r"[a-z0-9]+(?:[-./&]+[a-z0-9]+)*")
_SEPARATORS = re.compile("[^a-z0-9]+")
# What may give an English text other words than the folded ones: joined words, symbols, single letters one after the
# other or after `and`, and what looks like a character. Apostrophes are dropped.
_HAS_SPELLINGS = re.compile(
    r"[-./]['`a-z0-9]|[&+]|plus|(?<![a-z0-9])(?:[a-z]|and)[^a-z0-9]+[a-z](?![a-z0-9])|x['`]*[0-3]"
)
_DECIMAL = re.compile(r"[\d.]+")
_AFTER_DOT = re.compile(r"\.([a-z][a-z0-9]+)")
_LANGUAGE = re.compile("[a-z]plusplus")


def query_terms(query: str) -> list[Term]:
    """The terms of a query, each once, at most MAX_WORDS."""
    found = list(_terms(with_isbn13(query), _RUN))
    return list(dict.fromkeys((term[0][:_MAX_PAIRS], *term[1:]) for term in found))[:MAX_WORDS]


@lru_cache(maxsize=1024)
def index_words(text: str) -> tuple[str, ...]:
    """The words by which a text is found, each once: the folded words, and those of all spellings and numbers.

    Many books have the same authors, subjects and categories, so that the words of recent texts are kept.
    """
    # Most texts of most catalogues have one spelling, and an import is twice as fast for it.
    if text.isascii() and not _HAS_SPELLINGS.search(text.lower()):
        words = folded_words(text)
        return tuple(dict.fromkeys([*words, *other_notations(words)]))
    return spelled_words(text)


def spelled_words(text: str) -> tuple[str, ...]:
    """The same for any text, with all its spellings."""
    terms = list(_terms(text, _RUN_WITH_SPACES))
    numbers = other_notations([word for term in terms for word in term[0]])
    words = [word for term in terms for spelling in term for word in spelling]
    # A single character is found by the pair that it begins; the last one begins none.
    last = [f"x{term[0][-1][-_DIGITS:]}" for term in terms if is_characters(term[0][-1])]
    names = [name for part in _AFTER_DOT.findall(text.casefold()) for name in (part, f"dot{part}")]
    short = [f"{word[0]}pp" for word in words if _LANGUAGE.fullmatch(word)]
    return tuple(dict.fromkeys([*folded_words(text), *words, *last, *numbers, *names, *short]))


def is_characters(word: str) -> bool:
    """Whether a word stands for one or two characters of a script without spaces."""
    return _CHARACTERS.fullmatch(word) is not None


def _terms(text: str, run: re.Pattern[str]) -> Iterator[Term]:
    if text.isascii():
        yield from _latin_terms(named_symbols(plain(text)))
        return
    # Splitting by a group gives other texts and runs by turns.
    for i, part in enumerate(run.split(normalize("NFKC", text).translate(_SAME_CHARACTERS))):
        if i % 2:
            yield (_pairs("".join(part.split())),)
        else:
            yield from _latin_terms(named_symbols(plain(part)))


def _pairs(run: str) -> Spelling:
    codes = [f"{ord(character):0{_DIGITS}x}" for character in run]
    return tuple(f"x{first}{second}" for first, second in pairwise(codes)) or (f"x{codes[0]}",)


def _latin_terms(text: str) -> Iterator[Term]:
    text = _INITIALS.sub(lambda match: _SEPARATORS.sub("", match[0]), _AND.sub(r"\1&\2", text))
    for match in _COMPOUND.finditer(text):
        parts = _SEPARATORS.split(match[0])
        if len(parts) == 1:
            yield ((parts[0][:MAX_WORD_LENGTH],),)
            continue
        yield tuple(dict.fromkeys(_spellings(match[0], parts)))


def _spellings(compound: str, parts: Sequence[str]) -> Iterator[Spelling]:
    is_short_and = "&" in compound and len(min(parts, key=len)) == 1
    # `at` and `t` may be anywhere in a title, and `AT & T` is one term anyway.
    if not is_short_and:
        yield tuple(folded_words(compound))
    if "&" in compound:
        yield ("and".join(parts)[:MAX_WORD_LENGTH],)
    if not _DECIMAL.fullmatch(compound):
        yield ("".join(parts)[:MAX_WORD_LENGTH],)
