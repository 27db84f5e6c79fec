"""The parsed query, independent of the database."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from marketplace.domain.text import query_words

_STOP_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])
MIN_PREFIX_LENGTH = 3
"""A shorter last word must match whole words: half of a catalogue begins with one or two letters."""


@dataclass(frozen=True, slots=True)
class Form:
    """One or more words that may stand for a word of the query, at a cost in points of the ranking."""

    words: tuple[str, ...]
    is_prefix: bool = False
    cost: float = 0.0


Group = tuple[Form, ...]
"""The alternative forms of one word of the query."""


@dataclass(frozen=True, slots=True)
class Match:
    """Matches the books that have a form of every group."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """The words of a query as typed, and those among them that a book must have."""

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


def _query(typed: tuple[str, ...]) -> Query:
    significant = [word for word in typed if word not in _STOP_WORDS and (len(word) > 1 or word.isdigit())]
    return Query(typed, tuple(dict.fromkeys(significant or typed)))


def as_typed(words: Sequence[str], *, min_prefix: int = MIN_PREFIX_LENGTH) -> tuple[Group, ...]:
    """Every word as typed; the last may be a prefix."""
    last = words[-1]
    return (*((Form((word,)),) for word in words[:-1]), (Form((last,), is_prefix=len(last) >= min_prefix),))


def as_prefixes(words: Sequence[str]) -> tuple[Group, ...]:
    """Every word may be a prefix."""
    return tuple((Form((word,), is_prefix=len(word) >= MIN_PREFIX_LENGTH),) for word in words)
