"""Columns of files of interactions, judged by all their values."""

import pytest

from bookfiles.errors import InvalidFile
from tests.bookfiles.files import csv_of, interactions_of


def kinds(content: str, *mapped: str) -> list[tuple[str, float]]:
    """The kinds and values of the records."""
    return [(record.kind, record.value) for record in interactions_of(content, *mapped).records]


@pytest.mark.parametrize(
    ("ratings", "values", "note"),
    [
        (["1", "5", "0"], [1.0, 5.0, 0], ""),
        (["10", "4", "-1"], [5.0, 2.0, 0], "a scale of 10"),
        (["100", "55", ""], [5.0, 2.75, 0], "a scale of 100"),
        (["4,5", "5", "NaN"], [4.5, 5.0, 0], ""),
        (["8/10", "★★★", "4"], [4.0, 3.0, 4.0], ""),
    ],
)
def test_scales(ratings: list[str], values: list[float], note: str) -> None:
    """The scale is seen in the whole file, converted to one of five, and said."""
    content = csv_of("user_id;book_id;rating", *(f"1;{number};{rating}" for number, rating in enumerate(ratings, 1)))
    read = interactions_of(content)
    assert [record.value for record in read.records] == values
    assert all(record.kind == ("rating" if record.value else "purchase") for record in read.records)
    assert note in " ".join(read.report.notes)
    assert bool(read.report.notes) == bool(note)


def test_a_person_says_the_scale() -> None:
    """It overrules what the file shows."""
    content = csv_of("user_id,book_id,rating", "1,1,1", "1,2,0")
    with pytest.raises(
        InvalidFile, match=r'^file.csv: the column .rating. has only 0 and 1; .*--map "rating=rating/1"'
    ):
        interactions_of(content)
    assert kinds(content, "rating=rating/1") == [("rating", 5.0), ("purchase", 0)]
    assert kinds(content, "rating=rating/10") == [("rating", 0.5), ("purchase", 0)]
    read = interactions_of(csv_of("user_id,book_id,mark", "1,1,1", "1,2,6"), "mark=rating/5")
    assert read.refused == {3: "mark '6' is not one of 0 to 5"}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("feeling", ["1", "5", "3"]),
        ("feeling", ["-1", "1"]),
        ("mark", ["9,5", "8,0"]),
        ("star_level", ["gold", "silver"]),
        ("my score", ["A", "B"]),
        ("returned on", ["2020-10-25", ""]),
        ("moment", ["2020-10-25", "2020-10-26"]),
        ("epoch", ["1603634602", "1603634603"]),
        ("order_state", ["ok", "ok"]),
        ("liked", ["1", "0"]),
        ("Оценка книги", ["хорошо", "плохо"]),
    ],
)
def test_a_column_that_could_change_the_sense(column: str, values: list[str]) -> None:
    """It is understood, or the file is refused with what to write; nothing is dropped in silence."""
    content = csv_of(
        f"user_id,book_id,{column}", *(f'1,{number},"{value}"' for number, value in enumerate(values, 1))
    )
    with pytest.raises(InvalidFile) as caught:
        interactions_of(content)
    assert f'--map "{column}=rating"' in str(caught.value)
    assert f'leave it out with --map "{column}="' in str(caught.value)
    assert kinds(content, f"{column}=") == [("purchase", 0)] * len(values)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("title", ["1984", "2001"]),
        ("branch", ["north", "south"]),
        ("postcode", ["12345", "54321"]),
        ("phone 2", ["5551234567", "5551234568"]),
        ("pages", ["3", "4"]),
        ("constant", ["1", "1"]),
        ("rating_note", ["", "NULL"]),
        ("Billing Type", ["a", "b"]),
        ("page", ["112", "250"]),
    ],
)
def test_a_column_that_changes_nothing(column: str, values: list[str]) -> None:
    """It is not used."""
    read = interactions_of(
        csv_of(f"user_id,book_id,{column}", *(f"1,{n},{value}" for n, value in enumerate(values, 1)))
    )
    assert len(read.records) == len(values)
    assert column not in read.meanings


def test_a_second_column_of_ratings() -> None:
    """It could say something else, unless it is empty or a person has named one of them."""
    content = csv_of("user_id,book_id,rating,score", "1,1,5,1", "1,2,4,2")
    with pytest.raises(InvalidFile, match="the column 'score' could change"):
        interactions_of(content)
    assert kinds(content, "score=") == [("rating", 5.0), ("rating", 4.0)]
    assert kinds(content, "score=rating") == [("rating", 1.0), ("rating", 2.0)]
    assert kinds(csv_of("user_id,book_id,rating,score", "1,1,5,")) == [("rating", 5.0)]


def test_no_column_of_readers_or_books() -> None:
    """The message names the columns and what to write; one reader can be named."""
    with pytest.raises(InvalidFile, match=r'no column is known to be the id of a book; .*--map "COLUMN=book_id"$'):
        interactions_of("user_id,thing\n1,2\n")
    with pytest.raises(InvalidFile, match=r'the id of a reader; .*--map "COLUMN=user_id", or with --reader'):
        interactions_of("book_id\n1\n")
    assert interactions_of("book_id\n1\n", reader="ann").records[0].reader == "ann"
    assert interactions_of("user_id,book_id\n7,1\n", reader="5").records[0].reader == 5


def test_no_header() -> None:
    """A first line without a letter names no columns."""
    with pytest.raises(InvalidFile, match="the first line does not name the columns; add one such as book_id,title"):
        interactions_of("1,1193,5,978300760\n1,661,3,978302109\n")


def test_the_column_of_books_is_one_that_is_filled() -> None:
    """Of several the first in which hardly a field is empty."""
    read = interactions_of(csv_of("user_id,sku,isbn", "1,,0441013597", "1,S2,0143111582"))
    assert [record.book for record in read.records] == ["9780441013593", "9780143111580"]
