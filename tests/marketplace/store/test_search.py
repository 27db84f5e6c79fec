"""Tests of marketplace.store.search, each on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from marketplace.domain.books import Book, SearchPage, Sort, Suggestion, SuggestionKind
from marketplace.domain.categories import Category
from marketplace.store import Store, open_store
from marketplace.store.book_index import BookIndex
from marketplace.store.listings import FEW
from marketplace.store.schema import search_terms
from marketplace.store.search import MAX_RESULTS, Search
from marketplace.usecases.catalogue.imports import Importer
from tests.marketplace.store.test_listings import plans
from tests.marketplace.store.test_store import counted, put

STARTER = Path(__file__).parents[3] / "starter"

DUNE = Book(id=1, title="Dune", authors=("Frank Herbert",), isbn="0-441-01359-7", subjects=("deserts",))
SHELF = (
    DUNE,
    Book(id=2, title="Dune Messiah", authors=("Frank Herbert",)),
    Book(id=3, title="Coastal Plants", authors=("Ann Marsh",), subjects=("dune ecology",)),
    Book(id=4, title="Sandy Shores", authors=("Karl Dune",)),
    Book(id=5, title="Dunes and Deserts", authors=("Ann Marsh",)),
    Book(id=6, title="L'Étranger", authors=("Albert Camus",), isbn="978-2-07-036002-4"),
    Book(id=7, title="Crime and Punishment", authors=("Фёдор Достоевский",), subjects=("murder",)),
    Book(id=8, title="The Third Policeman", authors=("Flann O'Brien",), categories=(Category.HUMOR,)),
)


def ids(found: SearchPage) -> list[int]:
    """The books found, in their order."""
    return [card.id for card in found.cards]


def find(
    store: Store,
    query: str,
    sort: Sort = Sort.RELEVANCE,
    limit: int = 24,
    offset: int = 0,
    *,
    max_results: int = MAX_RESULTS,
    few: int = FEW,
) -> SearchPage:
    """One page, in a transaction of its own."""
    with store.engine.connect() as connection:
        search = Search(connection, max_results=max_results, few=few)
        return search.find(query, sort=sort, limit=limit, offset=offset)


def suggest(store: Store, beginning: str) -> tuple[Suggestion, ...]:
    """Eight suggestions, in a transaction of their own."""
    with store.read() as work:
        return work.search.suggest(beginning, 8)


@pytest.fixture
def shop(store: Store) -> Store:
    """A small shelf, where the dunes of Karl Dune have the most readers."""
    put(store, *SHELF)
    counted(store, (1, 4), (2, 4), (1, 1))
    return store


def test_titles_come_before_authors_before_subjects(shop: Store) -> None:
    """The book that is called so is first, whoever is more popular; what only begins so comes after."""
    assert ids(find(shop, "dune")) == [1, 2, 4, 5, 3]


def test_popularity_decides_where_words_say_the_same(store: Store) -> None:
    """Of two books of one title, that with more readers."""
    put(store, Book(id=1, title="Emma"), Book(id=2, title="Emma"))
    assert ids(find(store, "emma")) == [1, 2]
    counted(store, (1, 2))
    assert ids(find(store, "emma")) == [2, 1]


def test_many_readers_weigh_more_than_a_shorter_title(store: Store) -> None:
    """Where words say nearly the same, the book that many know comes first; one reader changes little."""
    put(store, Book(id=1, title="Green Tea"), Book(id=2, title="All About Green Tea"))
    counted(store, (0, 2))
    assert ids(find(store, "tea")) == [1, 2]
    counted(store, *((reader, 2) for reader in range(100)))
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
    """In any script and order, across title, author, subject and shelf, the last word by its beginning."""
    found = find(shop, query)
    assert (ids(found) if not (found.corrected or found.is_partial) else []) == expected


@pytest.mark.parametrize("query", ["0441013597", "978-0-441-01359-3", "isbn 0 441 01359 7", "dune 9780441013593"])
def test_an_isbn_of_either_form_finds_its_book(shop: Store, query: str) -> None:
    """Whichever form the catalogue has; hyphens do not matter."""
    assert ids(find(shop, query)) == [1]


def test_a_mistyped_word_is_corrected_and_said_so(shop: Store) -> None:
    """The query as understood is given, and what was typed right is left alone."""
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
def test_what_can_be_wrong_with_a_word(shop: Store, query: str, corrected: str) -> None:
    """Letters out of place, missing, wrong and doubled; words run together and torn apart."""
    found = find(shop, query)
    assert (found.corrected, found.is_partial, found.total > 0) == (corrected, False, True)


@pytest.mark.parametrize("query", ["1985", "xq", "zzzzzz", "", "   ", "!?", "\0", "\ud800"])
def test_what_is_not_there_is_not_invented(shop: Store, query: str) -> None:
    """Numbers are not corrected, and nothing is far from nothing."""
    assert find(shop, query) == SearchPage()


def test_a_close_word_is_taken_before_a_frequent_one(store: Store) -> None:
    """A doubled letter is less of a mistake than another one."""
    put(store, Book(id=1, title="The Hobbit"), *(Book(id=n, title="Habit", subjects=("habit",)) for n in range(2, 9)))
    counted(store, *((reader, n) for reader in (1, 2) for n in range(2, 9)))
    assert find(store, "hobit").corrected == "hobbit"


def test_words_that_no_book_has_together_are_loosened(shop: Store) -> None:
    """The books that have most of them come, and it is said that they have not all."""
    found = find(shop, "frank herbert policeman")
    assert found.is_partial
    assert ids(found)[:2] in ([1, 2], [2, 1])
    assert not find(shop, "frank herbert").is_partial


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("query", ["volume", "volume tale", "volum tael"])
def test_pages_have_no_gaps_and_no_repeats(store: Store, sort: Sort, query: str) -> None:
    """One page after the other, every book comes once, in every order, corrected or not."""
    put(store, *(Book(id=n, title=f"Volume {n % 4}", subjects=("tale",), year=1900 + n % 3) for n in range(1, 15)))
    whole = find(store, query, sort, limit=100)
    pages = [find(store, query, sort, limit=4, offset=offset) for offset in range(0, 20, 4)]
    assert tuple(card for page in pages for card in page.cards) == whole.cards
    assert sorted(ids(whole)) == list(range(1, 15))
    assert {page.total for page in pages} == {14}


def test_a_reach_bounds_what_is_paged_and_keeps_the_best(store: Store) -> None:
    """Of too many books the one that is called so comes first, then titles; that there are more is said."""
    crowd = [Book(id=n, title=f"Volume {n}", subjects=("history",)) for n in range(1, 20)]
    put(store, *crowd, Book(id=20, title="History"), Book(id=21, title="A History of Tea"))
    counted(store, *((reader, n) for n in range(1, 20) for reader in range(3)))
    found = find(store, "history", max_results=5)
    assert ids(found)[:2] == [20, 21]
    assert (found.total, found.has_more, len(found.cards)) == (5, True, 5)
    put(store, *(replace(book, title=f"History, Volume {book.id}") for book in crowd))
    assert ids(find(store, "history", max_results=5))[0] == 20
    assert find(store, "tea", max_results=5).has_more is False
    assert find(store, "history", offset=5, max_results=5).cards == ()


def test_a_changed_book_is_found_by_what_it_says_now(shop: Store) -> None:
    """The old words no longer find it, nor are others corrected to them."""
    put(shop, replace(DUNE, title="Arrakis", authors=("F. H.",), isbn="", subjects=()))
    assert ids(find(shop, "arrakis")) == [1]
    assert find(shop, "9780441013593") == SearchPage()
    put(shop, replace(SHELF[7], title="Untitled", authors=()))
    assert find(shop, "policemn") == SearchPage()
    assert find(shop, "herbrt").corrected == "herbert"


def test_the_vocabulary_is_that_of_the_books(shop: Store) -> None:
    """Changed, repeated and removed, books leave the words and numbers of those that are there."""

    def vocabulary() -> dict[str, int]:
        with shop.engine.connect() as connection:
            return {row.term: row.books for row in connection.execute(select(search_terms))}

    before = vocabulary()
    assert (before["dune"], before["herbert"], before["policeman"]) == (4, 2, 1)
    put(shop, replace(DUNE, title="Policeman"), Book(id=99, title="Gone"))
    assert vocabulary() == before | {"dune": 3, "policeman": 2, "gone": 1}
    put(shop, DUNE)
    with shop.write() as work:
        BookIndex(work._connection).remove([99])
        work.commit()
    assert vocabulary() == before


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sort", [Sort.POPULAR, Sort.NEWEST, Sort.TITLE, Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING])
def test_much_that_matches_is_not_sorted(store: Store, sort: Sort) -> None:
    """SQLite walks along an index, and stops when it has enough."""
    put(store, *SHELF)
    with plans(store) as planned:
        find(store, "dune", sort, few=0)
    assert planned
    assert not any("TEMP B-TREE" in step for step in planned), planned


def test_a_book_taken_out_leaves_no_word(shop: Store) -> None:
    """Neither is it found, nor is anything corrected to what it said."""
    with shop.write() as work:
        BookIndex(work._connection).remove([8])
        work.commit()
    assert find(shop, "policeman") == SearchPage()
    assert find(shop, "policemn") == SearchPage()


def test_a_catalogue_from_before_the_index_is_indexed_by_migrating(shop: Store) -> None:
    """Whatever was imported by an older version is found after the upgrade, and sorted as it should be."""
    with shop.engine.begin() as connection:
        for statement in ("DELETE FROM book_search", "DELETE FROM search_terms", "DELETE FROM book_authors"):
            connection.execute(text(statement))
        connection.execute(text("UPDATE books SET sort_title = ''"))
    assert find(shop, "policeman") == SearchPage()
    shop.migrate()
    assert ids(find(shop, "policemn")) == [8]
    with shop.read() as work:
        assert work.listings.by_author("frank-herbert", Sort.TITLE, limit=9).total == 2
        assert work.books.index_missing(100) == 0
    assert ids(find(shop, "dune", Sort.TITLE)) == [3, 1, 2, 5, 4]


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


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(st.characters(), max_size=60), sort=st.sampled_from(Sort))
@pytest.mark.slow
def test_no_query_is_an_error(shop: Store, query: str, sort: Sort) -> None:
    """Any text at all has an answer, whatever the databases would read in it."""
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
    """What means something to FTS5 or tsquery means nothing here."""
    assert isinstance(find(shop, query), SearchPage)
    assert isinstance(suggest(shop, query), tuple)


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The starter's catalogue with its history."""
    folder = tmp_path_factory.mktemp("starter")
    with closing(open_store(f"sqlite:///{folder / 'shop.db'}")) as store:
        store.migrate()
        Importer(store, rejects=folder / "rejects").run(STARTER / "books.csv", STARTER / "interactions.csv.gz")
        yield store


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("hobit", "The Hobbit"),
        ("harry poter", "Harry Potter and the Philosopher's Stone"),
        ("dostoevski", "Crime and Punishment"),
        ("dostoyevsky", "Crime and Punishment"),
        ("Достоевский", "Crime and Punishment"),
        ("prid and predjudice", "Pride and Prejudice"),
        ("ursula leguin", "A Wizard of Earthsea"),
        ("bronte", "Jane Eyre"),
        ("brontë", "Jane Eyre"),
        ("gatsbi", "The Great Gatsby"),
        ("dnue", "The Dune Chronicles"),
        ("tolkein", "The Hobbit"),
        ("j r r tolkien", "The Hobbit"),
        ("steven king", "It"),
        ("it", "It"),
        ("king shining", "The Shining"),
        ("hitch hikers guide", "The Hitchhiker's Guide to the Galaxy"),
        ("frankenstien", "Frankenstein"),
        ("catch22", "Catch-22"),
        ("to kill a mocking bird", "To Kill a Mockingbird"),
        ("farenheit 451", "Fahrenheit 451"),
        ("brave new wrold", "Brave New World"),
        ("handmaids tale", "The Handmaid's Tale"),
        ("atomic habbits", "Atomic Habits"),
        ("girl with dragon tatoo", "The Girl with the Dragon Tattoo"),
        ("les miserables", "Les Misérables"),
        ("one hundred years solitude", "One Hundred Years of Solitude"),
        ("nietzche", "Beyond Good and Evil"),
        ("romeo juliet", "Romeo and Juliet"),
        ("jane austin", "Pride and Prejudice"),
        ("emma", "Emma"),
        ("space travel", "Project Hail Mary"),
        ("hobbit xyzzyq", "The Hobbit"),
    ],
)
def test_a_bookseller_would_not_complain(starter: Store, query: str, first: str) -> None:
    """The first book for what people type, in the starter's catalogue."""
    assert find(starter, query).cards[0].title == first
