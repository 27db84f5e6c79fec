"""The labels of all languages by their folded spelling."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from bookfiles.genres import bisac, english, european, russian
from bookfiles.genres.categories import CATEGORIES
from bookfiles.genres.folding import fold

ROOTS = "books; ebooks; media; kindle store; kindle ebooks"
"""What the paths of shops start with."""

_LANGUAGES = (english, russian, european)


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Folded labels, as the tables of the languages have them.

    `first_levels` are those that paths start with; below the `closed` ones, other genres are subjects.
    """

    names: Mapping[str, tuple[str, ...]]
    if_fiction: Mapping[str, tuple[str, ...]]
    heads: frozenset[str]
    neutral: frozenset[str]
    first_levels: frozenset[str]
    closed: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, built when it is first needed."""
    return Vocabulary(
        names={
            **_by_label(language.NAMES for language in _LANGUAGES),
            **{fold(category): (category,) for category in CATEGORIES},
        },
        if_fiction=_by_label(language.IF_FICTION for language in _LANGUAGES),
        heads=frozenset(label for language in _LANGUAGES for label in labels(language.HEADS)),
        neutral=frozenset(label for language in _LANGUAGES for label in labels(language.NEUTRAL)),
        first_levels=frozenset(labels(f"{bisac.HEADINGS};{ROOTS}")),
        closed=frozenset(labels(bisac.CLOSED)),
    )


def labels(text: str) -> Iterator[str]:
    """The folded labels of a text in which semicolons separate them."""
    return filter(None, map(fold, text.split(";")))


def _by_label(tables: Iterable[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    return {
        label: tuple(names.split()) for table in tables for names, text in table.items() for label in labels(text)
    }
