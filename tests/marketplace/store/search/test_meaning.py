"""Symbols, numbers, hyphens, scripts without spaces, other names of categories and ISBNs, on both databases."""

# ruff: noqa: RUF001  (texts in other scripts)

import pytest

from marketplace.domain.books import Book, SuggestionKind
from marketplace.domain.categories import Category
from marketplace.store import Store
from tests.field_cases import field_cases
from tests.marketplace.store.search.conftest import find, ids, suggest, vocabulary
from tests.marketplace.store.test_store import add_history
from tests.marketplace.stored import execute, put, run_migration

SCIENCE_FICTION = (Category.SCIENCE_FICTION,)
BOOKS = (
    Book(id=1, title="The C Programming Language", authors=("Brian W. Kernighan",)),
    Book(id=2, title="Effective Modern C++", authors=("Scott Meyers",)),
    Book(id=3, title="C# in Depth", authors=("Jon Skeet",)),
    Book(id=4, title="Pro ASP.NET Core", authors=("Adam Freeman",)),
    Book(id=5, title="The Net", authors=("Ann Marsh",)),
    Book(id=6, title="Nineteen Eighty-Four", authors=("George Orwell",), categories=SCIENCE_FICTION),
    Book(id=7, title="1984: A Guide", authors=("Ann Marsh",)),
    Book(id=8, title="Catch-22", authors=("Joseph Heller",)),
    Book(id=9, title="三体Ⅱ：黑暗森林", authors=("刘慈欣",), categories=SCIENCE_FICTION),
    Book(id=10, title="ノルウェイの森", authors=("村上 春樹",)),
    Book(id=11, title="82년생 김지영", authors=("조남주",)),
    Book(id=12, title="The Amazing Spider-Man", subjects=("superheroes",)),
    Book(id=13, title="Spiderman", subjects=("arachnids",)),
    Book(id=14, title="Dune", isbn="9780441013593", categories=SCIENCE_FICTION),
    Book(id=15, title="Emma", isbn='="0141439580"'),
    Book(id=16, title="Node.js in Action"),
    Book(id=17, title="Managing R&D", subjects=("sci-fi",)),
    Book(id=18, title="Slaughterhouse-Five", isbn="0-385-33384-6"),
    Book(id=19, title="理事", authors=("Ann Marsh",)),
)


@pytest.fixture
def shop(store: Store) -> Store:
    """The guide to a famous book has more readers than the book."""
    put(store, *BOOKS)
    add_history(store, (1, 7), (2, 7))
    return store


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("C++", [2]),
        ("c", [1]),
        ("cpp", [2]),
        ("c#", [3]),
        ("c sharp", [3]),
        (".NET", [4]),
        ("asp.net", [4]),
        ("dot net", [4]),
        ("node.js", [16]),
        ("nodejs", [16]),
        ("R&D", [17]),
        ("r and d", [17]),
        ("1984", [6, 7]),
        ("nineteen eighty-four", [6, 7]),
        ("nineteen eighty four guide", [7]),
        ("catch 22", [8]),
        ("catch-22", [8]),
        ("catch22", [8]),
        ("Catch twenty-two", [8]),
        ("slaughterhouse 5", [18]),
        ("spider-man", [13, 12]),
        ("spiderman", [13, 12]),
        ("森林", [9]),
        ("林", [9]),
        ("慈欣", [9]),
        ("三體", [9]),
        ("三体黑暗森林", [9]),
        ("历史", [19]),
        ("ノルウェイ", [10]),
        ("村上春樹", [10]),
        ("村上", [10]),
        ("春樹", [10]),
        ("김지영", [11]),
        ("남주", [11]),
        ("82년생김지영", [11]),
        ("0441013597", [14]),
        ("0-441-01359-7", [14]),
        ("978 0 441 01359 3", [14]),
        ("dune 0-441-01359-7", [14]),
        ("9780141439587", [15]),
        ("0141439580", [15]),
        ('="0141439580"', [15]),
        ("9780385333849", [18]),
    ],
)
def test_what_carries_meaning_finds_its_book(shop: Store, query: str, expected: list[int]) -> None:
    """The books and no others, the best first."""
    assert ids(find(shop, query)) == expected


@pytest.mark.parametrize("query", ["sci-fi", "scifi", "Sci Fi", "SF", "science fiction"])
def test_a_category_is_found_by_its_other_names(shop: Store, query: str) -> None:
    """Its books, those whose subject is such a name, and in the suggestions the category."""
    assert sorted(ids(find(shop, query))) == [6, 9, 14, 17]
    categories = [
        suggestion.slug for suggestion in suggest(shop, query) if suggestion.kind is SuggestionKind.CATEGORY
    ]
    assert categories == ["science-fiction"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("c+", "Effective Modern C++"),
        ("c++", "Effective Modern C++"),
        ("c#", "C# in Depth"),
        (".ne", "Pro ASP.NET Core"),
        ("node.j", "Node.js in Action"),
        ("spider-m", "Spiderman"),
        ("catch twenty-t", "Catch-22"),
        ("198", "Nineteen Eighty-Four"),
        ("森", "三体Ⅱ：黑暗森林"),
        ("森林", "三体Ⅱ：黑暗森林"),
        ("村", "村上 春樹"),
        ("上春", "村上 春樹"),
        ("조남", "조남주"),
    ],
)
def test_suggestions_find_the_same(shop: Store, query: str, expected: str) -> None:
    """Titles and authors, while the query is being typed."""
    assert expected in [suggestion.text for suggestion in suggest(shop, query)]


@pytest.mark.parametrize("query", ["森林", "C++", "1984"])
def test_what_is_found_as_typed_is_not_called_a_correction(shop: Store, query: str) -> None:
    """The page has no notice of another query."""
    found = find(shop, query)
    assert (found.corrected, found.is_partial) == ("", False)


def test_some_of_the_characters_are_a_partial_match(shop: Store) -> None:
    """A run that is interrupted in the title finds it, marked as partial."""
    found = find(shop, "三体黑暗森林")
    assert (ids(found), found.corrected, found.is_partial) == ([9], "", True)


def test_field_cases(store: Store) -> None:
    """Searches that failed in the field find what the readers expected."""
    expected = {
        "C++": ([BOOKS[0], BOOKS[1], BOOKS[2]], 2),
        "sci-fi": ([BOOKS[5]], 6),
        "森林": ([BOOKS[8]], 9),
        "0441013597": ([Book(id=20, title="Dune", isbn='="0441013597"')], 20),
    }
    rows = field_cases("searches.csv")
    assert {row["query"] for row in rows} == set(expected)
    for query, (books, first) in expected.items():
        put(store, *books)
        assert ids(find(store, query))[0] == first


def test_an_index_of_an_older_version_is_filled_again(shop: Store) -> None:
    """Migrating renews all words, also those by which moderators find a hidden book."""
    with shop.write() as work:
        work.all_books.hide(BOOKS[2])
        work.commit()
    before = vocabulary(shop)
    for statement in (
        "UPDATE book_search SET title = 'effective modern c' WHERE book_id = 2",
        "DELETE FROM search_terms WHERE term = 'cplusplus'",
        "UPDATE books SET sort_title = 'c in depth', sought = ' c in depth' WHERE book_id = 3",
    ):
        execute(shop, statement)
    assert ids(find(shop, "C++")) == []
    run_migration(shop, "0008_index_words")
    shop.migrate()
    assert ids(find(shop, "C++")) == [2]
    assert vocabulary(shop) == before
    assert ids(find(shop, "C#")) == []
    with shop.read() as work:
        assert [row.card.id for row in work.all_books.table("C#", limit=9).rows] == [3]
