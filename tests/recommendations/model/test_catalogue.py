"""The catalogue by rows."""

from datetime import date

import numpy as np
import pytest

from recommendations.domain import Book, Category
from recommendations.model.catalogue import Catalogue
from recommendations.model.vocabulary import Vocabulary

LEARNED = Vocabulary(np.array([10, 20, 30], dtype=np.int32))
READERS = np.array([5, 9, 5], dtype=np.int32)
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION


def book(id_: int, *categories: Category, year: int | None = None, published_on: date | None = None) -> Book:
    """A book with its shelves and its age."""
    return Book(id=id_, title=f"Book {id_}", categories=categories, year=year, published_on=published_on)


def stocked(*books: Book) -> Catalogue:
    """A catalogue of these books."""
    return Catalogue(LEARNED, {one.id: one for one in books}, READERS)


def test_books_unknown_to_the_model_come_after_its_own() -> None:
    """The model's rows stay what they are, and new books follow by id."""
    catalogue = stocked(book(99), book(10), book(15))
    assert catalogue.ids.tolist() == [10, 20, 30, 15, 99]
    assert catalogue.rows([99, 10, 15]).tolist() == [4, 0, 3]
    assert catalogue.book(4) == book(99)


def test_rows_leave_unknown_ids_out() -> None:
    """An id that nobody knows has no row and does no harm."""
    assert stocked(book(10)).rows([7, 2**31 - 1, 10, 0]).tolist() == [0]
    assert stocked(book(10), book(40)).rows([7, 2**31 - 1, 40, 0]).tolist() == [3]
    assert stocked().rows([]).tolist() == []


def test_a_learned_book_may_be_missing_from_the_catalogue() -> None:
    """It has a row, is not on sale and stands on no shelf."""
    catalogue = stocked(book(10, M), book(30, M))
    assert catalogue.on_sale.tolist() == [True, False, True]
    for category in (None, M):
        shelf = catalogue.shelf(category)
        assert shelf.has.tolist() == [True, False, True]
        assert sorted(shelf.by_popularity) == [0, 2]


@pytest.mark.parametrize("category", Category)
def test_shelves_by_category(category: Category) -> None:
    """A book stands on each of its shelves, named twice or not, and on no other."""
    other = Category((category + 1) % len(Category))
    catalogue = stocked(book(10, category, category), book(20, other), book(30), book(40, other, category))
    assert catalogue.ids[catalogue.shelf(category).has].tolist() == [10, 40]
    assert catalogue.ids[catalogue.shelf(None).has].tolist() == [10, 20, 30, 40]


def test_popularity_order_and_ties() -> None:
    """Most readers first; among equals the newest by day, then by year; then the lowest id."""
    catalogue = stocked(
        book(10, year=1999),
        book(20),
        book(30, year=1950, published_on=date(2001, 5, 1)),
        book(40, year=2020),
        book(41, published_on=date(2020, 1, 2)),
        book(42, year=-300),
        book(43),
    )
    everything = catalogue.shelf(None)
    assert catalogue.ids[everything.most_popular(9, without=set())].tolist() == [20, 30, 10, 41, 40, 42, 43]
    without = set(catalogue.rows([20, 10]).tolist())
    assert catalogue.ids[everything.most_popular(2, without=without)].tolist() == [30, 41]


def test_which_books_have_readers() -> None:
    """Only books that the model saw readers of count as read."""
    catalogue = stocked(book(10), book(40))
    assert catalogue.has_readers.tolist() == [True, True, True, False]
