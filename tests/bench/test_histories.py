"""Generated histories have the requested size, are reproducible, and resemble those of a shop."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from bench.data.histories import BOOKS_A_GROUP, Size, write_books, write_interactions
from bench.scale import growth

SIZE = Size(books=4 * BOOKS_A_GROUP, interactions=8_000, mean=20)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A history in three files."""
    return write_interactions(tmp_path, SIZE, 3)


def test_each_file_doubles_the_history(files: list[Path]) -> None:
    """The files have the requested size in total, each has its own readers, and no reader repeats a book."""
    parts = [rows(file) for file in files]
    assert [len(part) for part in parts] == [2_000, 2_000, 4_000]
    readers = [{row["user_id"] for row in part} for part in parts]
    assert len(set.union(*readers)) == sum(map(len, readers))
    pairs = [(row["user_id"], row["book_id"]) for part in parts for row in part]
    assert len(set(pairs)) == len(pairs)


def test_history_is_like_a_shops(files: list[Path]) -> None:
    """A tenth of the books has a large share of the interactions; each reader's rows are in order of time."""
    history = [row for file in files for row in rows(file)]
    counts = sorted(Counter(row["book_id"] for row in history).values(), reverse=True)
    assert sum(counts[: SIZE.books // 10]) > 0.3 * len(history)
    assert [(int(row["user_id"]), row["occurred_at"]) for row in history] == sorted(
        (int(row["user_id"]), row["occurred_at"]) for row in history
    )


def test_every_book_is_in_the_catalogue(files: list[Path], tmp_path: Path) -> None:
    """The catalogue has all books of the history, with authors and subjects."""
    write_books(tmp_path / "books.csv", SIZE)
    with (tmp_path / "books.csv").open(encoding="utf-8", newline="") as file:
        books = list(csv.DictReader(file))
    assert [int(book["book_id"]) for book in books] == list(range(1, SIZE.books + 1))
    assert {row["book_id"] for file in files for row in rows(file)} <= {book["book_id"] for book in books}
    assert all(book["title"] and book["authors"] and book["subjects"] for book in books)


def test_the_same_every_time(files: list[Path], tmp_path: Path) -> None:
    """The same seed gives the same history."""
    (tmp_path / "again").mkdir()
    assert [rows(file) for file in write_interactions(tmp_path / "again", SIZE, 3)] == [rows(file) for file in files]


def test_growth() -> None:
    """The exponent of quadratic growth is 2."""
    assert growth([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
