"""Finds the genre of words that are no path: `Young Adult Fantasy`, `Science Fiction & Fantasy`."""

from itertools import groupby

from bookfiles.genres.categories import FICTION_CATEGORIES, FORMS, NONFICTION_CATEGORIES
from bookfiles.genres.folding import AND, fold
from bookfiles.genres.genre import Genre, Kind, without_general
from bookfiles.genres.vocabulary import vocabulary

MAX_NAME = 6
"""The longest name that is looked for inside a label, in words."""

MAX_MODIFIERS = 3
"""The most unknown words before a head."""

_FICTION = frozenset({"fiction", "novel", "novela", "роман", "проза", "belletristik"})
_NOT_FICTION = ("non fiction", "science fiction", "graphic novel", "light novel", "нон фикшн")
# After these words, or before them, a label is a title or a sentence.
_NO_MODIFIERS = frozenset(
    {"of", "in", "for", "to", "with", "on", "by", "a", "an", "from", "about", "without", "not", "no", "anti", "at"}
    | {"my", "under", "after", "before", "vs"}
)


def genre_of_phrase(text: str) -> Genre | None:
    """The genre of a label without a path, None if it is unknown: if a word of it is not understood."""
    words = fold(text)
    kind = _kind(words)
    if words in vocabulary().names:
        return Genre(categories=vocabulary().names[words], kind=kind)
    if words in vocabulary().if_fiction:
        return Genre(if_fiction=vocabulary().if_fiction[words])
    parts = [list(group) for joining, group in groupby(words.split(), AND.__eq__) if not joining]
    genres = [_compound(part) for part in parts]
    known = [genre for genre in genres if genre is not None]
    if len(known) < len(genres) or not any(genre.categories or genre.if_fiction for genre in known):
        return None
    categories = without_general([category for genre in known for category in genre.categories])
    added = tuple(category for genre in known for category in genre.if_fiction)
    genre = Genre(categories=categories, if_fiction=added, kind=kind)
    return genre.of_kind(genre.implied_kind) if genre.implied_kind is Kind.FICTION else genre


def _kind(words: str) -> Kind | None:
    if "non fiction" in words or "нон фикшн" in words or "criticism" in words.split():
        return Kind.NONFICTION
    for phrase in _NOT_FICTION:
        words = words.replace(phrase, "")
    return None if _FICTION.isdisjoint(words.split()) else Kind.FICTION


def _compound(words: list[str]) -> Genre | None:
    """The genre of words that are names one after the other; None if a word is unknown and no head explains it."""
    categories: list[str] = []
    if_fiction: list[str] = []
    unknown = 0
    head = False
    start = 0
    while start < len(words):
        ends = range(min(len(words), start + MAX_NAME), start, -1)
        terms = ((end, " ".join(words[start:end])) for end in ends)
        found = ((end, name, genre) for end, name in terms if (genre := _term(name, alone=len(words) == 1)))
        start, name, genre = next(found, (start + 1, "", None))
        if genre is None:
            unknown += 1
        else:
            categories += genre.categories
            if_fiction += genre.if_fiction
        head = head if genre == Genre() else name in vocabulary().heads
    if unknown and not (head and unknown <= MAX_MODIFIERS and _NO_MODIFIERS.isdisjoint(words)):
        return None
    return Genre(categories=_without_modifiers(categories, head=head), if_fiction=tuple(if_fiction))


def _term(name: str, *, alone: bool) -> Genre | None:
    """The genre of one name inside a compound, where `Comic` is humorous, or alone."""
    terms = vocabulary()
    if not alone and name in terms.if_fiction:
        return Genre(if_fiction=terms.if_fiction[name])
    if name in terms.names:
        return Genre(categories=terms.names[name])
    if name in terms.if_fiction:
        return Genre(if_fiction=terms.if_fiction[name])
    return Genre() if name in terms.neutral else None


def _without_modifiers(categories: list[str], *, head: bool) -> tuple[str, ...]:
    """The categories without fields of nonfiction that describe a genre of fiction or a form: `Sports Romance`.

    `Literature` is no genre beside another name: `Travel Literature` is about travel.
    """
    last = categories[-1:]
    if last and last[0] in FICTION_CATEGORIES + FORMS and (head or last != ["FICTION"]):
        categories = [category for category in categories if category not in NONFICTION_CATEGORIES]
    elif len(set(categories)) > 1:
        categories = [category for category in categories if category != "FICTION"]
    return tuple(dict.fromkeys(categories))
