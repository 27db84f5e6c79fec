"""The ranking of candidates, the same on both databases."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.store.search.numbers import in_digits
from marketplace.store.search.query import Form, Group

# Points for a word by its field, and the factor for a mere prefix of a word.
_TITLE, _AUTHOR, _SUBJECT, _ISBN = 10.0, 8.0, 3.0, 10.0
_PREFIX = 0.6
# Points for a title that equals the query, starts with it, or whose words are all in it; and for a whole name.
_EXACT, _STARTS, _COVERED = 10.0, 3.0, 6.0
_WHOLE_NAME = 4.0
# Points for ten times as many readers: popularity decides between similar matches.
_TENFOLD = 1.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A matching book: its index words, and the key by which its title is sorted."""

    book_id: int
    title: str
    authors: str
    subjects: str
    isbn: str
    sort_title: str
    readers: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its points and, for each group, the form that matched best, None if none did."""

    candidate: Candidate
    points: float
    forms: tuple[Form | None, ...]


def rank(candidates: Sequence[Candidate], groups: Sequence[Group], *, title: str = "") -> list[Ranked]:
    """The candidates, best first; `title` is the sort key of the query as a title."""
    # Numbers are compared in digits, but only if the query has one, because converting titles takes time.
    in_numbers = in_digits(title.split())
    spelled = in_digits if any(word[0].isdigit() for word in in_numbers) else list
    ranked = [_ranked(candidate, groups, " ".join(in_numbers), spelled) for candidate in candidates]
    ranked.sort(key=lambda book: (-book.points, book.candidate.book_id))
    return ranked


def _ranked(
    candidate: Candidate, groups: Sequence[Group], query_title: str, spelled: Callable[[Sequence[str]], list[str]]
) -> Ranked:
    authors = candidate.authors.split()
    fields = (
        (_TITLE, candidate.title, frozenset(candidate.title.split())),
        (_AUTHOR, candidate.authors, frozenset(authors)),
        (_SUBJECT, candidate.subjects, frozenset(candidate.subjects.split())),
        (_ISBN, candidate.isbn, frozenset((candidate.isbn,))),
    )
    points = 0.0
    forms: list[Form | None] = []
    matched: list[str] = []
    for group in groups:
        best, best_form = 0.0, None
        for form in group:
            word_points = min([_word_points(word, is_prefix, fields) for word, is_prefix in form.prefixes()])
            if word_points and (word_points - form.cost > best or best_form is None):
                best, best_form = word_points - form.cost, form
        points += best
        forms.append(best_form)
        if best_form is not None:
            matched += best_form.words
    points /= len(groups)
    key = spelled(candidate.sort_title.split())
    points += _COVERED * len(set(spelled(matched)).intersection(key)) / max(len(key), 1)
    if query_title:
        same_title = " ".join(key)
        points += _EXACT if same_title == query_title else _STARTS if same_title.startswith(query_title) else 0.0
    if authors and set(matched).issubset(authors):
        points += _WHOLE_NAME * len(set(matched)) / len(authors)
    return Ranked(candidate, points + _TENFOLD * math.log10(1 + candidate.readers), tuple(forms))


def _word_points(word: str, is_prefix: bool, fields: Sequence[tuple[float, str, frozenset[str]]]) -> float:
    best = 0.0
    for points, text, words in fields:
        if points > best:
            if word in words:
                best = points
            elif is_prefix and points * _PREFIX > best and (text.startswith(word) or f" {word}" in text):
                best = points * _PREFIX
    return best


def contains(words: Sequence[str], form: Form) -> bool:
    """Whether every word of a form is among `words`, or a prefix of one if the form is a prefix."""
    return all(
        any(other == word or (is_prefix and other.startswith(word)) for other in words)
        for word, is_prefix in form.prefixes()
    )
