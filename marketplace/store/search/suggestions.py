"""Completions of an unfinished query."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from marketplace.domain.books import Card, Suggestion, SuggestionKind
from marketplace.domain.categories import Category
from marketplace.domain.text import folded_words, slug, sort_key
from marketplace.store.listings import cards_of
from marketplace.store.schema import book_categories
from marketplace.store.search.candidates import Candidates
from marketplace.store.search.corrections import Corrector
from marketplace.store.search.query import Group, Match, as_typed, parse, terms_of
from marketplace.store.search.ranking import contains, rank
from marketplace.store.search.words import index_words

_MAX_CANDIDATES = 60
_AUTHORS, _CATEGORIES = 3, 2
"""The largest number of each; books fill the rest."""
_MIN_LENGTH = 2
_MIN_LENGTH_CORRECTED = 4


def suggestions(connection: Connection, text: str, limit: int) -> tuple[Suggestion, ...]:
    """Authors, books and categories that match an unfinished query, at most `limit` in all."""
    terms, words = terms_of(text), parse(text).words
    # A character is a word of several letters.
    if sum(len(word) for term in terms for word in term[0]) < _MIN_LENGTH:
        return ()
    candidates = Candidates(connection)
    groups = as_typed(terms, min_prefix=1)
    books = candidates.in_names(Match(groups), _MAX_CANDIDATES)
    categories = _categories(connection, folded_words(text))[:_CATEGORIES]
    if not books and not categories and max(map(len, words), default=0) >= _MIN_LENGTH_CORRECTED:
        groups = Corrector(candidates.full_text, words, unfinished=True).unknown_corrected()
        books = candidates.in_names(Match(groups), _MAX_CANDIDATES)
    ranked = rank(books, groups, title=sort_key(text))
    cards = cards_of(connection, [book.candidate.book_id for book in ranked])
    authors = _authors(cards, groups)[:_AUTHORS]
    titles = [
        Suggestion(
            kind=SuggestionKind.BOOK, text=card.title, book_id=card.id, detail=card.authors[0] if card.authors else ""
        )
        for card in cards
    ]
    room = max(limit - len(authors) - len(categories), 0)
    return (*authors, *titles[:room], *categories)[:limit]


def _authors(cards: Iterable[Card], groups: Sequence[Group]) -> list[Suggestion]:
    names: dict[str, str] = {}
    readers: dict[str, int] = {}
    for card in cards:
        for author in card.authors:
            words = index_words(author)
            if all(any(contains(words, form) for form in group) for group in groups):
                names.setdefault(slug(author), author)
                readers[slug(author)] = readers.get(slug(author), 0) + 1 + card.readers
    best = sorted(names, key=lambda name: -readers[name])
    return [Suggestion(kind=SuggestionKind.AUTHOR, text=names[name], slug=name) for name in best]


def _categories(connection: Connection, words: Sequence[str]) -> list[Suggestion]:
    return [
        Suggestion(kind=SuggestionKind.CATEGORY, text=category.label, slug=category.slug)
        for category in Category
        if words
        and any(_is_prefix(folded_words(name), words) for name in (category.label, *category.other_names))
        and _has_books(connection, category)
    ]


def _has_books(connection: Connection, category: Category) -> bool:
    books = select(book_categories.c.book_id).where(book_categories.c.category == category)
    return connection.execute(books.limit(1)).first() is not None


def _is_prefix(label: Sequence[str], words: Sequence[str]) -> bool:
    if len(words) == 1 and "".join(label).startswith(words[0]):
        return True
    starts = [i for i in range(len(label)) if label[i].startswith(words[0])]
    return any(
        len(label) - i >= len(words)
        and all(part.startswith(word) for part, word in zip(label[i:], words, strict=False))
        for i in starts
    )
