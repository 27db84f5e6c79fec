"""The order of what matches, the same on both databases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.domain.text import without_article
from marketplace.store.search.query import Form, Group

# Points for a word where it stands; less where it only begins a word there.
_TITLE, _AUTHOR, _SUBJECT, _ISBN = 10.0, 8.0, 3.0, 10.0
_BEGINS = 0.6
# Points for the whole: a title that is the query and no more, that starts with it, or that is all in it.
_EXACT, _STARTS, _COVERED = 10.0, 3.0, 6.0
_WHOLE_NAME = 4.0
# A book with ten times the readers is that much better: it decides where the words say nearly the same.
_TENFOLD = 1.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A book that may be what is sought, in folded words."""

    book_id: int
    title: str
    authors: str
    subjects: str
    isbn: str
    readers: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A book with its points and, for each group, the form by which it has them; None where it has none."""

    candidate: Candidate
    points: float
    forms: tuple[Form | None, ...]


def rank(candidates: Sequence[Candidate], groups: Sequence[Group], *, title: str = "") -> list[Ranked]:
    """The candidates, best first; `title` is the query as a title would be sorted."""
    ranked = [_ranked(candidate, groups, title) for candidate in candidates]
    ranked.sort(key=lambda each: (-each.points, each.candidate.book_id))
    return ranked


def _ranked(candidate: Candidate, groups: Sequence[Group], sought_title: str) -> Ranked:
    title, authors = candidate.title.split(), candidate.authors.split()
    fields = (
        (_TITLE, candidate.title, frozenset(title)),
        (_AUTHOR, candidate.authors, frozenset(authors)),
        (_SUBJECT, candidate.subjects, frozenset(candidate.subjects.split())),
        (_ISBN, candidate.isbn, frozenset((candidate.isbn,))),
    )
    points = 0.0
    forms: list[Form | None] = []
    sought: list[str] = []
    for group in groups:
        best, chosen = 0.0, None
        for form in group:
            worth = min([_worth(word, form.is_beginning, fields) for word in form.words])
            if worth and (worth - form.cost > best or chosen is None):
                best, chosen = worth - form.cost, form
        points += best
        forms.append(chosen)
        if chosen is not None:
            sought += chosen.words
    points /= len(groups)
    key = without_article(title)
    points += _COVERED * len(set(sought).intersection(key)) / max(len(key), 1)
    if sought_title:
        called = " ".join(key)
        points += _EXACT if called == sought_title else _STARTS if called.startswith(sought_title) else 0.0
    if authors and set(sought).issubset(authors):
        points += _WHOLE_NAME * len(set(sought)) / len(authors)
    return Ranked(candidate, points + _TENFOLD * math.log10(1 + candidate.readers), tuple(forms))


def _worth(word: str, is_beginning: bool, fields: Sequence[tuple[float, str, frozenset[str]]]) -> float:
    best = 0.0
    for worth, text, words in fields:
        if worth > best:
            if word in words:
                best = worth
            elif is_beginning and worth * _BEGINS > best and (text.startswith(word) or f" {word}" in text):
                best = worth * _BEGINS
    return best


def has(words: Sequence[str], form: Form) -> bool:
    """Whether all of a form's words are among `words`, or begin one of them."""
    return all(
        any(there == word or (form.is_beginning and there.startswith(word)) for there in words) for word in form.words
    )
