"""Completions of unfinished queries."""

import pytest

from marketplace.domain.books import Suggestion, SuggestionKind
from marketplace.store import Store
from tests.marketplace.store.search.conftest import suggest


def test_suggestions_are_authors_books_and_shelves(shop: Store) -> None:
    """Each with what a link to it needs."""
    assert suggest(shop, "Hum") == (Suggestion(kind=SuggestionKind.CATEGORY, text="Humor", slug="humor"),)
    assert suggest(shop, "obri") == (
        Suggestion(kind=SuggestionKind.AUTHOR, text="Flann O'Brien", slug="flann-obrien"),
        Suggestion(kind=SuggestionKind.BOOK, text="The Third Policeman", book_id=8, detail="Flann O'Brien"),
    )


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        ("dos", "Фёдор Достоевский"),
        ("dostoy", "Фёдор Достоевский"),
        ("the th", "The Third Policeman"),
        ("polica", "The Third Policeman"),
    ],
)
def test_suggestions_forgive(shop: Store, beginning: str, expected: str) -> None:
    """A wrong letter does not matter once there are four and nothing else begins so."""
    assert expected in [each.text for each in suggest(shop, beginning)]


@pytest.mark.parametrize("beginning", ["", "d", " ", "\0", "zzz", "zzzzzz"])
def test_nothing_is_suggested_for_next_to_nothing(shop: Store, beginning: str) -> None:
    """One letter says too little, and a strange word nothing."""
    assert suggest(shop, beginning) == ()
