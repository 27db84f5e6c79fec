"""Spelling correction: words of the catalogue that are similar to those of a query.

The words that are one edit away are generated and looked up, which takes 1 ms in a vocabulary of 300,000 words.
Comparing with all of them (`rapidfuzz.process.extract`) takes a quarter of a second.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from string import ascii_lowercase

from rapidfuzz.distance import OSA

from marketplace.store.search.dialects import FullText
from marketplace.store.search.query import Form, Group

_MAX_FORMS = 6
"""Alternatives for one word."""
_MAX_CORRECTED = 6
"""Words of one query that are corrected."""
_MAX_WORDS_BY_SIMILARITY = 2
"""Up to this number all words of a query are also compared by trigrams; for more it would take too long."""
_SIMILAR_WORDS = 60
"""Words with similar trigrams whose edit distance is computed."""
_MIN_LENGTH_FOR_ONE_ERROR, _MIN_LENGTH_FOR_TWO_ERRORS = 4, 6
COST_OF_A_LETTER = 2.0
"""The cost of a wrong letter in points of the ranking."""
_COST_OF_A_DOUBLE_LETTER = 1.0
_COST_OF_AN_ENDING = 1.0


class Corrector:
    """Corrects the words of one query; the last may be `unfinished`."""

    def __init__(self, vocabulary: FullText, words: Sequence[str], *, unfinished: bool = False) -> None:
        self.vocabulary = vocabulary
        self._words = words
        self._unfinished = words[-1] if unfinished else ""
        self._known = vocabulary.known(words)
        self.unknown = [word for word in words if word not in self._known and not word.isdigit()][:_MAX_CORRECTED]

    def unknown_corrected(self) -> tuple[Group, ...]:
        """The corrections of words that the catalogue does not have; known words stay."""
        return self._groups(self._forms(self.unknown, by_similarity=False))

    def all_corrected(self) -> tuple[Group, ...]:
        """The corrections of every word: a misspelled name may be another known name."""
        others = [word for word in self._words if word in self._known and not word.isdigit()]
        words = [*self.unknown, *others][:_MAX_CORRECTED]
        return self._groups(self._forms(words, by_similarity=len(self._words) <= _MAX_WORDS_BY_SIMILARITY))

    def _groups(self, forms: Mapping[str, list[Form]]) -> tuple[Group, ...]:
        return tuple(tuple(forms.get(word, ())) or (Form((word,)),) for word in self._words)

    def _forms(self, words: Sequence[str], *, by_similarity: bool) -> dict[str, list[Form]]:
        splits = {word: [(word[:i], word[i:]) for i in range(2, len(word) - 1)] for word in words}
        halves = {half for pairs in splits.values() for pair in pairs for half in pair}
        known = self.vocabulary.known(halves.union(*map(_one_edit_away, filter(str.isalpha, words))))
        forms = {}
        for word in words:
            near = {term: books for term, books in known.items() if term != word and _is_near(word, term)}
            is_unfinished = word == self._unfinished
            # Looking up similar words is slow, so it happens only if one edit finds nothing, or on request.
            finds_nothing = not near and word not in self._known
            if len(word) >= _MIN_LENGTH_FOR_ONE_ERROR and (by_similarity or is_unfinished or finds_nothing):
                near |= self.vocabulary.similar(word, _SIMILAR_WORDS)
            forms[word] = [
                *self._as_typed(word),
                *_nearest(word, near, unfinished=is_unfinished),
                *(Form(pair, cost=COST_OF_A_LETTER) for pair in splits[word] if _are_known(pair, known)),
            ]
        return forms

    def _as_typed(self, word: str) -> list[Form]:
        cost = 0.0 if word in self._known else _COST_OF_AN_ENDING
        if len(word) >= _MIN_LENGTH_FOR_ONE_ERROR:
            return [Form((word,), is_prefix=True, cost=cost)]
        return [Form((word,))] if word in self._known else []


def _are_known(pair: Iterable[str], known: Collection[str]) -> bool:
    return all(half in known or half.isdigit() for half in pair)


def _nearest(word: str, near: Mapping[str, int], *, unfinished: bool) -> list[Form]:
    nearest: list[tuple[float, int, str]] = []
    for term, books in near.items():
        if term != word and _is_near(word, term):
            nearest.append((_cost(word, term), -books, term))
        elif unfinished and len(term) > len(word) and OSA.distance(word, term[: len(word)], score_cutoff=1) == 1:
            nearest.append((COST_OF_A_LETTER + _COST_OF_AN_ENDING, -books, term))
    return [Form((term,), cost=cost) for cost, _, term in sorted(nearest)[:_MAX_FORMS]]


def _is_near(word: str, term: str) -> bool:
    if len(word) < _MIN_LENGTH_FOR_ONE_ERROR and len(term) <= len(word):
        return False
    # With two errors the first letter must be right: `becoming` is not `coming`.
    allowed = 2 if len(word) >= _MIN_LENGTH_FOR_TWO_ERRORS and word[0] == term[0] else 1
    return OSA.distance(word, term, score_cutoff=allowed) <= allowed


def _cost(word: str, term: str) -> float:
    if _undoubled(word) == _undoubled(term):
        return _COST_OF_A_DOUBLE_LETTER
    return COST_OF_A_LETTER * OSA.distance(word, term)


def _undoubled(word: str) -> str:
    return "".join(letter for letter, _ in groupby(word))


def _one_edit_away(word: str) -> set[str]:
    """All words that one inserted, deleted, replaced or swapped letter makes of `word`."""
    if len(word) < _MIN_LENGTH_FOR_ONE_ERROR - 1:
        return set()
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    inserted = {head + letter + tail for head, tail in splits for letter in ascii_lowercase}
    if len(word) < _MIN_LENGTH_FOR_ONE_ERROR:
        return inserted
    removed = {head + tail[1:] for head, tail in splits if tail}
    replaced = {head + letter + tail[1:] for head, tail in splits if tail for letter in ascii_lowercase}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    return inserted | removed | replaced | swapped
