"""Completions of unfinished queries."""

import pytest

from marketplace.domain.books import Suggestion, SuggestionKind
from marketplace.store import Store
from tests.marketplace.store.search.conftest import suggest


def test_suggestions_are_authors_books_and_categories(shop: Store) -> None:
    """Each with what a link to it needs."""
    assert suggest(shop, "Hum") == (Suggestion(kind=SuggestionKind.CATEGORY, text="Humor", slug="humor"),)
    assert suggest(shop, "obri") == (
        Suggestion(kind=SuggestionKind.AUTHOR, text="Flann O'Brien", slug="flann-obrien"),
        Suggestion(kind=SuggestionKind.BOOK, text="The Third Policeman", book_id=8, detail="Flann O'Brien"),
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dos", "Фёдор Достоевский"),
        ("dostoy", "Фёдор Достоевский"),
        ("the th", "The Third Policeman"),
        ("polica", "The Third Policeman"),
    ],
)
def test_suggestions_are_corrected(shop: Store, query: str, expected: str) -> None:
    """A wrong letter does not matter from four letters on, if nothing else matches."""
    assert expected in [suggestion.text for suggestion in suggest(shop, query)]


@pytest.mark.parametrize("query", ["", "d", " ", "\0", "zzz", "zzzzzz"])
def test_nothing_is_suggested_for_too_little(shop: Store, query: str) -> None:
    """One letter is too short, and an unknown word matches nothing."""
    assert suggest(shop, query) == ()
