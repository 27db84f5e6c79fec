"""Folds labels, so that spellings of one label are equal."""

import html
import re
import unicodedata

AND = "and"

_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_JOINING = re.compile(r"[&+,/]")
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = (
    (re.compile(r"([a-z]{2,})ies"), r"\1y"),
    # `Comic` and `Comics` differ.
    (re.compile(r"([a-z]{3,})(?<!ic)s"), r"\1"),
    # детективы
    (re.compile(r"([а-я]{4,})ы"), r"\1"),
    # Adjectives; after decomposition, й is и.
    (re.compile(r"([а-я]{4,})(?:ии|ыи|ои|ая|яя|ое|ее|ие|ые)"), r"\1ии"),
)
_SPELLINGS = {
    "und": AND,
    "et": AND,
    "y": AND,
    "и": AND,
    "humour": "humor",
    "humourous": "humorous",
    "theatre": "theater",
    "scifi": "sci fi",
    "nonfiction": "non fiction",
    "whodunnit": "whodunit",
    "cosy": "cozy",
    "programme": "program",
}


def fold(label: str) -> str:
    """The label's words in one spelling, separated by spaces: without case, accents, plurals and Russian genders.

    `&`, `+`, `/`, commas and `and` in five languages become `and`.
    """
    decomposed = unicodedata.normalize("NFKD", html.unescape(label).casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    text = _JOINING.sub(f" {AND} ", _APOSTROPHES.sub("", letters))
    words: list[str] = []
    for word in _WORD.findall(text):
        folded = _fold_word(word)
        # "Children-s", and two separators in a row.
        if word != "s" and not (folded == AND and words[-1:] in ([], [AND])):
            words.append(folded)
    if words[-1:] == [AND]:
        words.pop()
    return " ".join(words)


def _fold_word(word: str) -> str:
    if word in _SPELLINGS:
        return _SPELLINGS[word]
    for ending, replacement in _ENDINGS:
        if match := ending.fullmatch(word):
            return match.expand(replacement)
    return word
