"""Reading the input files of an evaluation."""

from pathlib import Path

import numpy as np
import pytest

from bookfiles.errors import InvalidFile
from bookfiles.reading.options import Options
from recommendations.domain.books import Category
from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation.input_files import InputFiles


def test_interactions_in_the_format_of_import(tmp_path: Path) -> None:
    """Kinds, ratings and times are read, and a missing kind is a purchase."""
    path = tmp_path / "history.csv"
    path.write_text(
        "user_id,book_id,kind,value,occurred_at\n1,5,rating,4.5,1970-01-01T00:01:00Z\n2,6,,,\n3,7,shown,,\n"
    )
    interactions = InputFiles(Options.default()).interactions(path)
    assert (interactions.readers.tolist(), interactions.books.tolist(), interactions.values.tolist()) == (
        [1, 2],
        [5, 6],
        [4.5, 0.0],
    )
    assert interactions.kinds.tolist() == [InteractionKind.RATING, InteractionKind.PURCHASE]
    np.testing.assert_array_equal(interactions.times, [60.0, np.nan])


def test_books_in_the_format_of_import(tmp_path: Path) -> None:
    """Books are read by id; an unknown category is ignored, but not its book."""
    path = tmp_path / "books.csv"
    path.write_text("book_id,title,categories\n7,Dune,Science Fiction;Blorp\n")
    books = InputFiles(Options.default()).books(path)
    assert list(books) == [7]
    assert (books[7].title, books[7].categories) == ("Dune", (Category.SCIENCE_FICTION,))


def test_bad_rows_are_skipped_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table counts them, with an example."""
    path = tmp_path / "history.csv"
    path.write_text("user_id,book_id\n1,5\n,5\n1\n1,6\n")
    assert InputFiles(Options.default()).interactions(path).books.tolist() == [5, 6]
    output = capsys.readouterr().out
    assert "user_id, refused: line 3: is empty" in output
    assert "history.csv: 4 rows, 2 interactions, 2 rows refused" in output


def test_ids_mean_the_same_in_all_files(tmp_path: Path) -> None:
    """Readers and books with ids that are no numbers are the same in the history and in the catalogue."""
    history, books = tmp_path / "history.csv", tmp_path / "books.csv"
    history.write_text("user_id,book_id\na@example.org,B000FC1PJI\nb@example.org,0441013597\n")
    books.write_text("isbn13,title\n9780441013593,Dune\n")
    files = InputFiles(Options.default())
    assert files.interactions(history).books[1] in files.books(books)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The error is the same as in `import`."""
    with pytest.raises(InvalidFile, match="No such file"):
        InputFiles(Options.default()).interactions(tmp_path / "nowhere.csv")
