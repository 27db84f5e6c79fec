"""The ranking of candidates, the same on both databases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.domain.text import without_article
from marketplace.store.search.query import Form, Group

# Points for a word by its field, and the factor for a mere prefix of a word.
_TITLE, _AUTHOR, _SUBJECT, _ISBN = 10.0, 8.0, 3.0, 10.0
_PREFIX = 0.6
# Points for a title that equals the query, starts with it, or whose words are all in it; and for a whole name.
_EXACT, _STARTS, _COVERED = 10.0, 3.0, 6.0
_WHOLE_NAME = 4.0
# Points for ten times the readers: popularity decides between similar matches.
_TENFOLD = 1.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A matching book, in folded words."""

    book_id: int
    title: str
    authors: str
    subjects: str
    isbn: str
    readers: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its points and, for each group, the form that matched best, None if none did."""

    candidate: Candidate
    points: float
    forms: tuple[Form | None, ...]


def rank(candidates: Sequence[Candidate], groups: Sequence[Group], *, title: str = "") -> list[Ranked]:
    """The candidates, best first; `title` is the sort key of the query as a title."""
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
        best, best_form = 0.0, None
        for form in group:
            worth = min([_worth(word, form.is_prefix, fields) for word in form.words])
            if worth and (worth - form.cost > best or best_form is None):
                best, best_form = worth - form.cost, form
        points += best
        forms.append(best_form)
        if best_form is not None:
            sought += best_form.words
    points /= len(groups)
    key = without_article(title)
    points += _COVERED * len(set(sought).intersection(key)) / max(len(key), 1)
    if sought_title:
        same_title = " ".join(key)
        points += _EXACT if same_title == sought_title else _STARTS if same_title.startswith(sought_title) else 0.0
    if authors and set(sought).issubset(authors):
        points += _WHOLE_NAME * len(set(sought)) / len(authors)
    return Ranked(candidate, points + _TENFOLD * math.log10(1 + candidate.readers), tuple(forms))


def _worth(word: str, is_prefix: bool, fields: Sequence[tuple[float, str, frozenset[str]]]) -> float:
    best = 0.0
    for worth, text, words in fields:
        if worth > best:
            if word in words:
                best = worth
            elif is_prefix and worth * _PREFIX > best and (text.startswith(word) or f" {word}" in text):
                best = worth * _PREFIX
    return best


def has(words: Sequence[str], form: Form) -> bool:
    """Whether every word of a form is among `words`, or the beginning of one of them."""
    return all(
        any(each == word or (form.is_prefix and each.startswith(word)) for each in words) for word in form.words
    )
