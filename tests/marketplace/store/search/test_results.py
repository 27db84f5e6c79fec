"""What a query finds, and in which order."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.books import Book, SearchPage, Sort
from marketplace.store import Store
from tests.marketplace.store.search.conftest import find, ids, suggest
from tests.marketplace.store.test_store import add_history
from tests.marketplace.stored import put


def test_titles_come_before_authors_before_subjects(shop: Store) -> None:
    """The book with exactly this title is first, even if others are more popular; then prefixes."""
    assert ids(find(shop, "dune")) == [1, 2, 4, 5, 3]


def test_popularity_decides_between_equal_matches(store: Store) -> None:
    """Of two books with one title, the one with more readers."""
    put(store, Book(id=1, title="Emma"), Book(id=2, title="Emma"))
    assert ids(find(store, "emma")) == [1, 2]
    add_history(store, (1, 2))
    assert ids(find(store, "emma")) == [2, 1]


def test_many_readers_weigh_more_than_a_shorter_title(store: Store) -> None:
    """Between similar matches the best known book is first; one reader changes little."""
    put(store, Book(id=1, title="Green Tea"), Book(id=2, title="All About Green Tea"))
    add_history(store, (0, 2))
    assert ids(find(store, "tea")) == [1, 2]
    add_history(store, *((reader, 2) for reader in range(100)))
    assert ids(find(store, "tea")) == [2, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("etranger", []),
        ("letranger", [6]),
        ("L’Étranger", [6]),
        ("dostoevskiy", [7]),
        ("Достоевский", [7]),
        ("O'Brien", [8]),
        ("obrien", [8]),
        ("the third policeman", [8]),
        ("policeman brien flann", []),
        ("humor", [8]),
        ("punish", [7]),
        ("herbert messiah", [2]),
    ],
)
def test_words_are_found_however_they_are_written(shop: Store, query: str, expected: list[int]) -> None:
    """In any script and order, across title, author, subject and category, the last word as a prefix."""
    found = find(shop, query)
    assert (ids(found) if not (found.corrected or found.is_partial) else []) == expected


@pytest.mark.parametrize("query", ["0441013597", "978-0-441-01359-3", "isbn 0 441 01359 7", "dune 9780441013593"])
def test_an_isbn_of_either_form_finds_its_book(shop: Store, query: str) -> None:
    """Whichever form the catalogue has; hyphens do not matter."""
    assert ids(find(shop, query)) == [1]


def test_a_misspelled_word_is_corrected(shop: Store) -> None:
    """The corrected query is returned, and correct words stay."""
    assert find(shop, "dune mesiah") == replace(find(shop, "dune messiah"), corrected="dune messiah")
    assert find(shop, "dune messiah").corrected == ""


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("polcieman", "policeman"),
        ("crime and punishmnet", "crime and punishment"),
        ("dostoyevsky", "dostoevskiy"),
        ("dunemessiah", "dune messiah"),
        ("police man", "policeman"),
        ("cammus", "camus"),
        ("o brien third", "obrien third"),
    ],
)
def test_kinds_of_misspellings(shop: Store, query: str, corrected: str) -> None:
    """Letters swapped, missing, wrong and doubled; words joined and split."""
    found = find(shop, query)
    assert (found.corrected, found.is_partial, found.total > 0) == (corrected, False, True)


@pytest.mark.parametrize("query", ["1985", "xq", "zzzzzz", "", "   ", "!?", "\0", "\ud800"])
def test_no_correction_is_too_far(shop: Store, query: str) -> None:
    """Numbers are not corrected, nor words without a similar one."""
    assert find(shop, query) == SearchPage()


def test_a_similar_word_is_preferred_to_a_frequent_one(store: Store) -> None:
    """A doubled letter is a smaller mistake than another one."""
    put(store, Book(id=1, title="The Hobbit"), *(Book(id=n, title="Habit", subjects=("habit",)) for n in range(2, 9)))
    add_history(store, *((reader, n) for reader in (1, 2) for n in range(2, 9)))
    assert find(store, "hobit").corrected == "hobbit"


def test_books_with_some_of_the_words_are_partial_matches(shop: Store) -> None:
    """Those with most of them, marked as partial."""
    found = find(shop, "frank herbert policeman")
    assert found.is_partial
    assert ids(found)[:2] in ([1, 2], [2, 1])
    assert not find(shop, "frank herbert").is_partial


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("query", ["volume", "volume tale", "volum tael"])
def test_pages_have_no_gaps_and_no_repeats(store: Store, sort: Sort, query: str) -> None:
    """Every book is on exactly one page, in every order, corrected or not."""
    put(store, *(Book(id=n, title=f"Volume {n % 4}", subjects=("tale",), year=1900 + n % 3) for n in range(1, 15)))
    whole = find(store, query, sort, limit=100)
    pages = [find(store, query, sort, limit=4, offset=offset) for offset in range(0, 20, 4)]
    assert tuple(card for page in pages for card in page.cards) == whole.cards
    assert sorted(ids(whole)) == list(range(1, 15))
    assert {page.total for page in pages} == {14}


def test_the_maximum_keeps_the_best_results(store: Store) -> None:
    """Of too many books the one with exactly this title is first, then title matches; more are announced."""
    crowd = [Book(id=n, title=f"Volume {n}", subjects=("history",)) for n in range(1, 20)]
    put(store, *crowd, Book(id=20, title="History"), Book(id=21, title="A History of Tea"))
    add_history(store, *((reader, n) for n in range(1, 20) for reader in range(3)))
    found = find(store, "history", max_results=5)
    assert ids(found)[:2] == [20, 21]
    assert (found.total, found.has_more, len(found.cards)) == (5, True, 5)
    put(store, *(replace(book, title=f"History, Volume {book.id}") for book in crowd))
    assert ids(find(store, "history", max_results=5))[0] == 20
    assert find(store, "tea", max_results=5).has_more is False
    assert find(store, "history", offset=5, max_results=5).cards == ()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(st.characters(), max_size=60), sort=st.sampled_from(Sort))
@pytest.mark.slow
def test_no_query_is_an_error(shop: Store, query: str, sort: Sort) -> None:
    """Any text has a result, whatever syntax the databases might read in it."""
    assert find(shop, query, sort).total >= 0
    assert len(suggest(shop, query)) <= 8


@pytest.mark.parametrize(
    "query",
    [
        "dune OR",
        "NEAR(dune)",
        '"dune',
        "dune*",
        "title:dune",
        "dune & !",
        "dune:*",
        "d'une",
        "dune) --",
        "x' OR '1'='1",
        "%",
        "-dune",
        "{",
        "word " * 5000,
        "aa " * 500,
    ],
)
def test_operators_are_only_words(shop: Store, query: str) -> None:
    """Operators of FTS5 and tsquery have no effect."""
    assert isinstance(find(shop, query), SearchPage)
    assert isinstance(suggest(shop, query), tuple)
