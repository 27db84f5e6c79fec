"""Reading the input files of an evaluation."""

from pathlib import Path

import numpy as np
import pytest

from recommendations.domain.books import Category
from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation.input_files import read_books, read_interactions
from servicekit.csvfile import InvalidCsv


def test_interactions_in_the_format_of_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Kinds, ratings and times are read, and a missing kind is a purchase; standard output stays empty."""
    path = tmp_path / "history.csv"
    path.write_text(
        "user_id,book_id,kind,value,occurred_at\n1,5,rating,4.5,1970-01-01T00:01:00Z\n2,6,,,\n3,7,shown,,\n"
    )
    interactions = read_interactions(path)
    assert (interactions.readers.tolist(), interactions.books.tolist(), interactions.values.tolist()) == (
        [1, 2],
        [5, 6],
        [4.5, 0.0],
    )
    assert interactions.kinds.tolist() == [InteractionKind.RATING, InteractionKind.PURCHASE]
    np.testing.assert_array_equal(interactions.times, [60.0, np.nan])
    assert capsys.readouterr().out == ""


def test_books_in_the_format_of_import(tmp_path: Path) -> None:
    """Books are read by id; an unknown category is ignored, but not its book."""
    path = tmp_path / "books.csv"
    path.write_text("book_id,title,categories\n7,Dune,Science Fiction;Zen\n")
    books = read_books(path)
    assert list(books) == [7]
    assert (books[7].title, books[7].categories) == ("Dune", (Category.SCIENCE_FICTION,))


def test_bad_rows_are_skipped_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first bad row is reported with its line and reason, and all are counted."""
    path = tmp_path / "history.csv"
    path.write_text("user_id,book_id\n1,5\n0,5\n1\n1,6\n")
    assert read_interactions(path).books.tolist() == [5, 6]
    output = capsys.readouterr().err
    assert "history.csv: line 3 cannot be used: user_id '0' is not a whole number" in output
    assert "history.csv: 2 rows could not be used" in output


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The error is the same as in `import`."""
    with pytest.raises(InvalidCsv, match="No such file"):
        read_interactions(tmp_path / "nowhere.csv")
