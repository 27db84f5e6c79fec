"""What is sought, before any database has its say."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from marketplace.domain.text import query_words

_LITTLE_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])
SHORTEST_BEGINNING = 3
"""A shorter last word must be a whole word: by so few letters begins half of a catalogue."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a word of the query may stand in a book; what it costs is reckoned in points of ranking."""

    words: tuple[str, ...]
    is_beginning: bool = False
    cost: float = 0.0


Group = tuple[Form, ...]
"""The forms of one word of the query, any of which will do."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which books are sought: those that have every group."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query's words as typed, and those among them that a book must have."""

    typed: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The query in folded words."""
        return " ".join(self.typed)

    def reworded(self, forms: Sequence[Form]) -> Self:
        """The query with these forms in place of the words that a book must have."""
        instead = {word: form.words for word, form in zip(self.words, forms, strict=True)}
        typed = tuple(part for word in self.typed for part in instead.get(word, (word,)))
        return replace(self, typed=typed, words=tuple(part for form in forms for part in form.words))

    def pairs_joined(self) -> list[str]:
        """What each two words that stand side by side would be as one."""
        return [one + other for one, other in pairwise(self.typed)]

    def with_pairs_joined(self, joined: Collection[str]) -> Iterator["Asked"]:
        """The query with two words that stand side by side written as one, for each pair that `joined` has."""
        for at, (one, other) in enumerate(pairwise(self.typed)):
            if one + other in joined:
                yield _asked((*self.typed[:at], one + other, *self.typed[at + 2 :]))


def parse(query: str) -> Asked:
    """Read a query; little words and single letters count only where there is nothing else."""
    return _asked(tuple(query_words(query)))


def _asked(typed: tuple[str, ...]) -> Asked:
    weighty = [word for word in typed if word not in _LITTLE_WORDS and (len(word) > 1 or word.isdigit())]
    return Asked(typed, tuple(dict.fromkeys(weighty or typed)))


def as_typed(words: Sequence[str], *, shortest: int = SHORTEST_BEGINNING) -> tuple[Group, ...]:
    """Every word itself; the last may go on."""
    last = words[-1]
    return (*((Form((word,)),) for word in words[:-1]), (Form((last,), is_beginning=len(last) >= shortest),))


def as_beginnings(words: Sequence[str]) -> tuple[Group, ...]:
    """Every word may go on."""
    return tuple((Form((word,), is_beginning=len(word) >= SHORTEST_BEGINNING),) for word in words)
