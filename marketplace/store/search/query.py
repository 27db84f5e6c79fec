"""The parsed query, independent of the database."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from marketplace.domain.text import query_words
from marketplace.store.search.words import CHARACTER_LENGTH, Term, is_characters, query_terms

_STOP_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])
MIN_PREFIX_LENGTH = 3
"""A shorter last word must match whole words: half of a catalogue begins with one or two letters."""


@dataclass(frozen=True, slots=True)
class Form:
    """One or more words that may stand for a word of the query, at a cost in points of the ranking.

    If it is a prefix, the last word is one.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    cost: float = 0.0

    def prefixes(self) -> list[tuple[str, bool]]:
        """Its words, each with whether it is a prefix."""
        return [*((word, False) for word in self.words[:-1]), (self.words[-1], self.is_prefix)]


Group = tuple[Form, ...]
"""The alternative forms of one word or term of the query."""


@dataclass(frozen=True, slots=True)
class Match:
    """Matches the books that have a form of every group."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """The folded words of a query, and those among them that a book must have."""

    typed: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.typed)

    def reworded(self, forms: Sequence[Form]) -> Self:
        """The query with these forms in place of `words`."""
        instead = {word: form.words for word, form in zip(self.words, forms, strict=True)}
        typed = tuple(part for word in self.typed for part in instead.get(word, (word,)))
        return replace(self, typed=typed, words=tuple(part for form in forms for part in form.words))

    def joined_pairs(self) -> list[str]:
        """Each two adjacent words written as one."""
        return [first + second for first, second in pairwise(self.typed)]

    def with_joined_pairs(self, joined: Collection[str]) -> Iterator["Query"]:
        """For each pair that is in `joined`, the query with these two words written as one."""
        for i, (first, second) in enumerate(pairwise(self.typed)):
            if first + second in joined:
                yield _query((*self.typed[:i], first + second, *self.typed[i + 2 :]))


def parse(query: str) -> Query:
    """Parse a query; stop words and single letters count only if there are no other words."""
    return _query(tuple(query_words(query)))


def terms_of(query: str) -> list[Term]:
    """The terms of a query that a book must have, as in `parse`."""
    terms = query_terms(query)
    return [term for term in terms if len(term[0]) > 1 or _is_significant(term[0][0])] or terms


def _query(typed: tuple[str, ...]) -> Query:
    return Query(typed, tuple(dict.fromkeys(filter(_is_significant, typed))) or tuple(dict.fromkeys(typed)))


def _is_significant(word: str) -> bool:
    return word not in _STOP_WORDS and (len(word) > 1 or word.isdigit())


def as_terms(words: Sequence[str]) -> list[Term]:
    """Words that have one spelling."""
    return [((word,),) for word in words]


def as_typed(terms: Sequence[Term], *, min_prefix: int = MIN_PREFIX_LENGTH) -> tuple[Group, ...]:
    """Every term as typed; the last may be unfinished."""
    return (*(_group(term) for term in terms[:-1]), _group(terms[-1], min_prefix))


def as_prefixes(terms: Sequence[Term]) -> tuple[Group, ...]:
    """Every term may be unfinished."""
    return tuple(_group(term, MIN_PREFIX_LENGTH) for term in terms)


def as_characters(terms: Sequence[Term]) -> tuple[Group, ...]:
    """Every pair of characters of a script without spaces by itself; empty if there are no two in any term."""
    if all(len(term[0]) == 1 or not is_characters(term[0][0]) for term in terms):
        return ()
    words = [((word,),) if is_characters(word) else term for term in terms for word in term[0]]
    return tuple(_group(term) for term in dict.fromkeys(words))


def _group(term: Term, min_prefix: int | None = None) -> Group:
    return tuple(Form(words, is_prefix=_is_prefix(words[-1], min_prefix)) for words in term)


def _is_prefix(word: str, min_prefix: int | None) -> bool:
    if is_characters(word):
        # A single character is the prefix of the pairs that it begins; a pair is complete.
        return len(word) == CHARACTER_LENGTH
    return min_prefix is not None and len(word) >= min_prefix
