"""The works of a catalogue."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book
from recommendations.model.vocabulary import ABSENT
from recommendations.model.works import Works


def book(row: int, title: str, work: str = "", by: Sequence[str] = ("Author",)) -> Book:
    return Book(id=row + 1, title=title, authors=tuple(by), work=work)


def updated(works: Works, books: Sequence[Book]) -> Works:
    return works.updated(np.array([book.id - 1 for book in books], dtype=np.int32), books)


def groups(books: Sequence[Book]) -> list[list[int]]:
    """The rows of the works that have several editions."""
    by_row = updated(Works.empty(), books).by_row
    return [np.flatnonzero(by_row == work).tolist() for work in np.unique(by_row[by_row != ABSENT])]


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Dune", "Emma", "Dune: Deluxe Edition", "EMMA", "Dune (Penguin Galaxy)"], [[0, 2, 4], [1, 3]]),
        (["Saga, Vol. 1", "Saga, Vol. 2", "Saga", "Saga Volume One"], [[0, 3]]),
        (["Dune", "Dune (Dune #1)", "Dune (Dune Chronicles, #1)"], [[0, 1, 2]]),
        (["Saga (Saga, #1)", "Saga (Saga, #2)", "Saga, Vol. 2", "Saga #1"], [[0, 3], [1, 2]]),
        (["Mort", "Mort (Discworld, #4)", "Mort (Discworld, Book 4)"], [[0, 1, 2]]),
        (["Poems", "Poems (Works, #1)", "Poems (Works, #2)", "Poems (Works, Book 2)"], [[2, 3]]),
        (["Search (Avatar, #1)", "Search (Explorers, #1)"], []),
        (["Fables, Vol. 1", "Fables, Vol. 1: Legends in Exile", "Fables, Vol. 2: Animal Farm"], [[0, 1]]),
        (["Thor, Vol. 1: The Goddess", "Thor, Vol. 1: Reborn", "Thor, Vol. 1"], []),
        (["Songs (Christmas Classics)", "Songs", "Songs (Jazz Standards)"], []),
        (["Songs", "Songs (Christmas Hits)", "Songs (Penguin Classics)"], [[0, 1, 2]]),
    ],
)
def test_titles(titles: list[str], expected: list[list[int]]) -> None:
    """A number in a series and the name of a volume tell books apart only from others."""
    assert groups([book(row, title) for row, title in enumerate(titles)]) == expected


def test_stated_works() -> None:
    """A work joins books of any title, and different works keep books of one title apart."""
    books = [
        *(book(0, "Der kleine Prinz", "W1"), book(1, "The Little Prince", "W1"), book(2, "The Little Prince")),
        *(book(3, "Poems", "W2"), book(4, "Poems", "W3"), book(5, "Poems"), book(6, "Poems", "W3")),
        *(book(7, "Poems, 2nd edition"), book(8, "0441013593", "W2", by=())),
    ]
    assert groups(books) == [[0, 1, 2], [3, 8], [4, 6], [5, 7]]


def test_authors_in_another_order() -> None:
    """Two spellings of the authors are joined by a third one that both share."""
    names = ("Terry Pratchett", "Neil Gaiman")
    books = [book(0, "Omens", by=names), book(1, "Omens", by=names[::-1]), book(2, "Omens", by=names[:1])]
    assert groups(books) == [[0, 1, 2]]
    assert groups(books[1:]) == []


def test_a_chain_of_editions() -> None:
    """Books are editions of one work over any number of others, in any order."""
    chain = [("P",), ("R",), ("R", "Q"), ("Q", "P"), ("P", "Q"), ("Q", "R")]
    assert groups([book(row, "Omens", by=by) for row, by in enumerate(chain)]) == [[0, 1, 2, 3, 4, 5]]


def test_different_works_are_never_joined_by_titles() -> None:
    """Each title is one of two works, and each work has two titles."""
    chain = [book(row, f"Title {(row + 1) // 2}.", f"W{row // 2}") for row in range(400)]
    assert groups(chain) == [[row, row + 1] for row in range(0, 400, 2)]


BOOKS = st.lists(
    st.builds(
        book,
        st.integers(0, 9),
        st.sampled_from(["Dune", "Dune: Deluxe Edition", "Dune (Dune, #1)", "Dune (Dune, #2)", "Emma"]),
        st.sampled_from(["", "", "W1", "W2"]),
        st.sampled_from([("A",), ("A", "B"), ("B", "A"), ()]),
    ),
    max_size=12,
)


@given(BOOKS, BOOKS)
def test_changes_leave_the_works_that_the_books_now_have(first: list[Book], later: list[Book]) -> None:
    """After changes of titles, authors and works everything is as if the catalogue had been read at once."""
    latest = {book.id: book for book in [*first, *later]}
    changed = updated(
        updated(Works.empty(), list({book.id: book for book in first}.values())),
        list({book.id: book for book in later}.values()),
    )
    whole = updated(Works.empty(), list(latest.values()))
    assert changed.by_row.tolist() == whole.by_row.tolist()
    for row, work in enumerate(whole.by_row.tolist()):
        assert work == ABSENT or (work <= row and whole.by_row[work] == work)
        assert work == ABSENT or (whole.by_row == work).sum() > 1


def test_an_empty_catalogue() -> None:
    """Without books there are no works."""
    assert Works.empty().by_row.tolist() == updated(Works.empty(), []).by_row.tolist() == []
