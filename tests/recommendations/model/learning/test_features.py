"""Content features that books share."""

import numpy as np
import pytest

from recommendations.domain.books import Book
from recommendations.model.learning.features import MOST_TITLES_OF_WORD, features_of, isbn_digits
from recommendations.model.vocabulary import Vocabulary
from tests.recommendations.model.learning import dense


def shared(*books: Book, known: tuple[int, ...] | None = None) -> list[list[int]]:
    """The books of each feature, by id, in order."""
    ids = sorted(known if known is not None else [book.id for book in books])
    found = features_of(books, Vocabulary(np.array(ids, dtype=np.int32)))
    assert found.shape[1] == len(ids)
    assert found.data.tolist() == [1.0] * found.nnz
    return sorted([ids[row] for row in rows] for rows in dense.rows_of(found))


@pytest.mark.parametrize(
    ("isbn", "digits"),
    [
        ("0306406152", "030640615"),
        ("9780306406157", "030640615"),
        ("978-0-306-40615-7", "030640615"),
        ("0 306 40615 2", "030640615"),
        ("080442957X", "080442957"),
        ("080442957x", "080442957"),
        ("9781234567", "978123456"),
        ("9790306406156", ""),
        ("B00ABC1234", ""),
        ("030640615", ""),
        ("03064061521", ""),
        ("97803064061570", ""),
        ("X306406152", ""),
        ("٠٣٠٦٤٠٦١٥٢", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_isbn_digits(isbn: str, digits: str) -> None:
    """The ISBN-10 and ISBN-13 of a book have the same digits, with any separators; other strings have none."""
    assert isbn_digits(isbn) == digits


def test_isbn_prefixes_are_features() -> None:
    """Books share the prefixes of five to eight digits on which their ISBN-10s or ISBN-13s agree."""
    first, second = Book(id=1, title="", isbn="0306406152"), Book(id=2, title="", isbn="9780306409999")
    assert shared(first, second) == [[1, 2]] * 2
    assert shared(first, Book(id=2, title="", isbn="9780306406157")) == [[1, 2]] * 4
    assert shared(first, Book(id=2, title="", isbn="0309999990")) == []


def test_other_codes_are_not_features() -> None:
    """Neither equal ASINs nor missing ISBNs are a shared feature."""
    asins = [Book(id=id_, title="", isbn="B00ABC1234") for id_ in (1, 2)]
    assert shared(*asins) == []
    assert shared(Book(id=1, title=""), Book(id=2, title="")) == []


def test_authors_and_subjects_are_features_whatever_their_case() -> None:
    """Each author and each subject is one feature; a subject is not an author of the same name."""
    books = (
        Book(id=1, title="", authors=("Ann Lee", "Bo"), subjects=("Sea",)),
        Book(id=2, title="", authors=("ANN LEE",), subjects=("sea", "Bo")),
        Book(id=3, title="", authors=("ann lee", "Ann Lee")),
    )
    assert shared(*books) == [[1, 2], [1, 2, 3]]


def test_series_and_title_words_are_features() -> None:
    """Text in brackets before a number is a series, and words of three letters or more are features."""
    books = (
        Book(id=1, title="It Is Dawn (Red Sky, #1)"),
        Book(id=2, title="Dusk (RED SKY, #2)"),
        Book(id=3, title="At dawn it is"),
    )
    # The series, red and sky; and dawn.
    assert shared(*books) == [[1, 2]] * 3 + [[1, 3]]


def test_a_word_twice_in_a_title_counts_once() -> None:
    """Features are binary."""
    assert shared(Book(id=1, title="Boy Meets Boy"), Book(id=2, title="Boy, boy")) == [[1, 2]]


def test_features_are_in_the_order_of_the_books() -> None:
    """The order is the same in every process, so that trainings are reproducible to the last bit."""
    subjects = tuple(f"subject {number}" for number in range(10))
    books = [Book(id=id_, title="", subjects=(subject,)) for id_, subject in enumerate(subjects, 1)]
    found = features_of([Book(id=0, title="", subjects=subjects), *books], Vocabulary(np.arange(11, dtype=np.int32)))
    assert dense.rows_of(found) == [[0, row] for row in range(1, 11)]


@pytest.mark.parametrize(("books", "features"), [(MOST_TITLES_OF_WORD, 1), (MOST_TITLES_OF_WORD + 1, 0)])
def test_common_words_are_ignored(books: int, features: int) -> None:
    """Words in more titles than the limit are left out."""
    assert len(shared(*(Book(id=id_, title="the") for id_ in range(books)))) == features


def test_prolific_authors_are_not_ignored() -> None:
    """Only words are ignored for being common."""
    assert len(shared(*(Book(id=id_, title="", authors=("A",)) for id_ in range(MOST_TITLES_OF_WORD + 1)))) == 1


def test_unknown_books_are_left_out() -> None:
    """Rows are those of the vocabulary, and a feature of one known book is left out."""
    books = [Book(id=id_, title="", authors=("A",)) for id_ in (7, 8, 2**31 - 1)]
    assert shared(*books, known=(1, 7, 2**31 - 1)) == [[7, 2**31 - 1]]
    assert shared(*books, known=(1, 7)) == []


@pytest.mark.parametrize("known", [(), (1, 2)])
def test_no_books(known: tuple[int, ...]) -> None:
    """Without books there are no features."""
    assert shared(known=known) == []
