"""Words that the catalogue has, near to those that it has not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from string import ascii_lowercase
from typing import Protocol

from rapidfuzz.distance import OSA

from marketplace.store.search.query import Form, Group

_FORMS = 6
"""So many words may stand in for one."""
_CORRECTED = 6
"""So many words of one query are corrected."""
_FEW = 2
"""Of a longer query it would take long to look for all that looks like one of its words."""
_LIKE = 60
"""So many words that look alike are compared letter by letter."""
_LETTERS_FOR_ONE, _LETTERS_FOR_TWO = 4, 6
A_LETTER = 2.0
"""What a wrong letter costs, in points of ranking."""
_A_DOUBLED_LETTER = 1.0
_AN_ENDING = 1.0


class Vocabulary(Protocol):
    """The words of the catalogue."""

    def known(self, words: Iterable[str]) -> dict[str, int]:
        """Those words that the catalogue has, with the number of books that have each."""

    def like(self, word: str, limit: int) -> dict[str, int]:
        """Words that share most groups of three letters with `word`, with the number of books that have each."""


class Corrector:
    """What the words of one query may have meant; the last may be `unfinished`."""

    def __init__(self, vocabulary: Vocabulary, words: Sequence[str], *, unfinished: bool = False) -> None:
        self.vocabulary = vocabulary
        self._words = words
        self._unfinished = words[-1] if unfinished else ""
        self._known = vocabulary.known(words)
        self.unknown = [word for word in words if word not in self._known and not word.isdigit()][:_CORRECTED]

    def unknown_corrected(self) -> tuple[Group, ...]:
        """The forms of words that the catalogue has not; those that it has, themselves."""
        return self._groups(self._forms(self.unknown, alike=False))

    def all_corrected(self) -> tuple[Group, ...]:
        """The forms of every word, known or not: a wrong name may be somebody else's."""
        others = [word for word in self._words if word in self._known and not word.isdigit()]
        return self._groups(self._forms([*self.unknown, *others][:_CORRECTED], alike=len(self._words) <= _FEW))

    def _groups(self, forms: Mapping[str, list[Form]]) -> tuple[Group, ...]:
        return tuple(tuple(forms.get(word, ())) or (Form((word,)),) for word in self._words)

    def _forms(self, wrong: Sequence[str], *, alike: bool) -> dict[str, list[Form]]:
        halves = {word: [(word[:at], word[at:]) for at in range(2, len(word) - 1)] for word in wrong}
        wanted = {half for pairs in halves.values() for pair in pairs for half in pair}
        there = self.vocabulary.known(wanted.union(*map(_one_letter_off, filter(str.isalpha, wrong))))
        forms = {}
        for word in wrong:
            near = {term: books for term, books in there.items() if term != word and _is_near(word, term)}
            is_unfinished = word == self._unfinished
            # Slower: only where no letter alone makes the difference, or nothing else has found anything.
            is_alone = not near and word not in self._known
            if len(word) >= _LETTERS_FOR_ONE and (alike or is_unfinished or is_alone):
                near |= self.vocabulary.like(word, _LIKE)
            forms[word] = [
                *self._itself(word),
                *_nearest(word, near, unfinished=is_unfinished),
                *(Form(pair, cost=A_LETTER) for pair in halves[word] if _are_there(pair, there)),
            ]
        return forms

    def _itself(self, word: str) -> list[Form]:
        cost = 0.0 if word in self._known else _AN_ENDING
        if len(word) >= _LETTERS_FOR_ONE:
            return [Form((word,), is_beginning=True, cost=cost)]
        return [Form((word,))] if word in self._known else []


def _are_there(pair: Iterable[str], there: Collection[str]) -> bool:
    return all(half in there or half.isdigit() for half in pair)


def _nearest(word: str, near: Mapping[str, int], *, unfinished: bool) -> list[Form]:
    found: list[tuple[float, int, str]] = []
    for term, books in near.items():
        if term != word and _is_near(word, term):
            found.append((_cost(word, term), -books, term))
        elif unfinished and len(term) > len(word) and OSA.distance(word, term[: len(word)], score_cutoff=1) == 1:
            found.append((A_LETTER + _AN_ENDING, -books, term))
    return [Form((term,), cost=cost) for cost, _, term in sorted(found)[:_FORMS]]


def _is_near(word: str, term: str) -> bool:
    if len(word) < _LETTERS_FOR_ONE and len(term) <= len(word):
        return False
    # Whoever errs twice still begins right: `becoming` is not `coming`.
    allowed = 2 if len(word) >= _LETTERS_FOR_TWO and word[0] == term[0] else 1
    return OSA.distance(word, term, score_cutoff=allowed) <= allowed


def _cost(word: str, term: str) -> float:
    if _undoubled(word) == _undoubled(term):
        return _A_DOUBLED_LETTER
    return A_LETTER * OSA.distance(word, term)


def _undoubled(word: str) -> str:
    return "".join(letter for letter, _ in groupby(word))


def _one_letter_off(word: str) -> set[str]:
    """All words to which `word` is one letter wrong, missing, too many or out of place."""
    if len(word) < _LETTERS_FOR_ONE - 1:
        return set()
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    inserted = {head + letter + tail for head, tail in splits for letter in ascii_lowercase}
    if len(word) < _LETTERS_FOR_ONE:
        return inserted
    removed = {head + tail[1:] for head, tail in splits if tail}
    replaced = {head + letter + tail[1:] for head, tail in splits if tail for letter in ascii_lowercase}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    return inserted | removed | replaced | swapped
