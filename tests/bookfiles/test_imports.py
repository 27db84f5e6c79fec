"""Imports of files."""

import csv
import gc
import gzip
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from bookfiles.errors import InvalidFile, TruncatedFile
from bookfiles.ids import UnsharedIds
from bookfiles.imports import FileBook, FileInteraction, Files, Stored, import_files, read_file
from bookfiles.reading.interactions import read_interactions
from bookfiles.reading.spool import BATCH
from tests.bookfiles.files import csv_of, options_of


class Loader:
    """Keeps what it is given; refuses books named `refused`."""

    def __init__(self) -> None:
        self.books: list[list[FileBook]] = []
        self.interactions: list[list[FileInteraction]] = []

    def known_books(self, ids: Sequence[int]) -> set[int]:
        return {book.id for book in chain.from_iterable(self.books)} & set(ids)

    def put_books(self, batch: Sequence[FileBook]) -> Stored:
        known = {book.id for book in chain.from_iterable(self.books)}
        self.books.append(list(batch))
        refused = [(place, "no room") for place, book in enumerate(batch) if book.record.values["title"] == "refused"]
        return Stored(sum(book.id not in known for book in batch) - len(refused), refused)

    def add_interactions(self, batch: Sequence[FileInteraction]) -> Stored:
        self.interactions.append(list(batch))
        return Stored(len(batch))


def files_of(books: Path | None = None, interactions: Path | None = None, *mapped: str) -> Files:
    """Files, and what is said of their columns."""
    return Files(books=books, interactions=interactions, options=options_of(*mapped))


def run(files: Files, loader: Loader, rejects: Path) -> int:
    """Import them."""
    return import_files(files, loader=loader, ids=UnsharedIds(), rejects=rejects)


def written(path: Path, header: str, *rows: str) -> Path:
    """A file of these lines."""
    path.write_text(csv_of(header, *rows), encoding="utf-8")
    return path


def test_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are printed before anything is stored, and then what was."""
    books = written(tmp_path / "b.csv", "book_id,title", "1,A", "SKU-1,B")
    interactions = written(tmp_path / "i.csv", "user_id,book_id,rating", "7,1,5", "8,SKU-1,4")
    loader = Loader()
    assert run(files_of(books, interactions), loader, tmp_path) == 4
    ((_, second),) = loader.books
    assert [interaction.book_id for interaction in loader.interactions[0]] == [1, second.id]
    output = capsys.readouterr().out
    lines = [output.index(part) for part in ("b.csv: separated", "i.csv: separated", "b.csv: 2 books, 2 of them new")]
    assert lines == sorted(lines)
    assert "i.csv: 2 interactions, 2 of them new or changed" in output
    assert not list(tmp_path.glob("*.rejects.csv"))


def test_records_are_stored_in_batches(tmp_path: Path) -> None:
    """Full batches and the rest are stored, in order."""
    loader = Loader()
    path = written(tmp_path / "i.csv", "user_id,book_id", *(f"1,{number}" for number in range(1, 2 * BATCH + 4)))
    assert run(files_of(None, path), loader, tmp_path) == 2 * BATCH + 3
    assert [len(batch) for batch in loader.interactions] == [BATCH, BATCH, 3]
    stored = [interaction.book_id for interaction in chain.from_iterable(loader.interactions)]
    assert stored == list(range(1, 2 * BATCH + 4))


def test_refused_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that cannot be read, and those that cannot be stored, are counted and written to a file."""
    path = written(tmp_path / "b.csv", "book_id,title", "1,A", "None,B", "3,refused", "4,D,x", "5,E")
    assert run(files_of(path), Loader(), tmp_path / "rejects") == 2
    output = capsys.readouterr()
    assert "b.csv: 5 rows, 3 books, 2 rows refused" in output.out
    assert "b.csv: 2 books, 2 of them new or changed" in output.out
    assert "b.csv: 3 rows could not be used; see" in output.err
    with (tmp_path / "rejects" / "b.csv.rejects.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [
            ["3", "book_id 'None' is no id", "None", "B"],
            ["5", "3 fields where the header has 2", "4,D,x"],
            ["4", "no room", "3"],
        ]


def test_a_dry_run_stores_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what is understood, and writes no file of refused rows; those of an import before stay."""
    path = written(tmp_path / "b.csv", "book_id,title", "1,A", "None,B", "3,C")
    loader = Loader()
    assert run(replace(files_of(path), dry_run=True), loader, tmp_path / "rejects") == 0
    output = capsys.readouterr().out
    assert "b.csv: 3 rows, 2 books, 1 rows refused" in output
    assert output.endswith("nothing was stored\n")
    assert loader.books == []
    assert not (tmp_path / "rejects").exists()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["None,A", "None,B", "1,C"], "b.csv: 2 of 3 rows were refused; nothing was stored; see"),
        (["None,A"], "b.csv: no row could be read; nothing was stored; see"),
        ([], "b.csv: no row could be read; nothing was stored"),
    ],
)
def test_a_hopeless_file(tmp_path: Path, rows: list[str], message: str) -> None:
    """Nothing is stored of it, nor of the other file."""
    books = written(tmp_path / "b.csv", "book_id,title", *rows)
    interactions = written(tmp_path / "i.csv", "user_id,book_id", "1,1")
    loader = Loader()
    for dry_run in (False, True):
        with pytest.raises(InvalidFile) as caught:
            run(replace(files_of(books, interactions), dry_run=dry_run), loader, tmp_path)
        assert str(caught.value).startswith(message.removesuffix("; see") if dry_run else message)
    assert (loader.books, loader.interactions) == ([], [])


def test_half_of_the_rows(tmp_path: Path) -> None:
    """If no more than half are refused, the others are stored."""
    path = written(tmp_path / "b.csv", "book_id,title", "None,A", "1,B")
    assert run(files_of(path), Loader(), tmp_path) == 1


def test_a_file_that_says_nothing(tmp_path: Path) -> None:
    """A file of wishes alone is no mistake of the reader's, and the message says what it has."""
    path = written(tmp_path / "i.csv", "user_id,book_id,status", "1,1,to-read")
    with pytest.raises(InvalidFile, match=r"^i.csv: no row says anything to store; 1 rows skipped: wishes"):
        run(files_of(None, path), Loader(), tmp_path)


def test_an_invalid_second_file(tmp_path: Path) -> None:
    """Nothing of the first one is stored."""
    books = written(tmp_path / "b.csv", "book_id,title", "1,A")
    interactions = written(tmp_path / "i.csv", "user_id,book_id,feeling", "1,1,2", "1,2,3")
    loader = Loader()
    with pytest.raises(InvalidFile, match="feeling"):
        run(files_of(books, interactions), loader, tmp_path)
    with pytest.raises(InvalidFile, match="No such file"):
        run(files_of(books, tmp_path / "none.csv"), loader, tmp_path)
    assert loader.books == []


def test_a_truncated_file(tmp_path: Path) -> None:
    """All rows before the damage are stored, including a last batch that is not full, and then it is said."""
    whole = csv_of("user_id,book_id", *(f"1,{number * 7919 % 99991 + 1}" for number in range(1, 40_000)))
    path = tmp_path / "i.csv.gz"
    path.write_bytes(gzip.compress(whole.encode())[:-20_000])
    loader = Loader()
    with pytest.raises(TruncatedFile, match=r"i.csv.gz: the file is damaged or cut off after line \d+$"):
        run(files_of(None, path), loader, tmp_path)
    stored = [interaction.book_id for interaction in chain.from_iterable(loader.interactions)]
    assert len(stored) % BATCH
    assert stored == [int(line.split(",")[1]) for line in whole.split()[1 : len(stored) + 1]]


def test_a_column_that_is_not_there_cannot_be_mapped(tmp_path: Path) -> None:
    """A name of neither file is refused; one of either is enough, and in any spelling."""
    books = written(tmp_path / "b.csv", "Book,Name", "1,A")
    interactions = written(tmp_path / "i.csv", "user_id,book_id,Grade", "1,1,9", "1,2,3")
    loader = Loader()
    with pytest.raises(InvalidFile, match=r"there is no column 'Mark' to map; the columns are Book, Name, user_id"):
        run(files_of(books, interactions, "Book=book_id", "Mark=rating"), loader, tmp_path)
    assert run(files_of(books, interactions, "book=book_id", "GRADE=rating/10"), loader, tmp_path) == 3
    assert [interaction.value for interaction in loader.interactions[0]] == [4.5, 1.5]


def test_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only what was stored is printed."""
    path = written(tmp_path / "b.csv", "book_id,title", "1,A")
    run(replace(files_of(path), quiet=True), Loader(), tmp_path)
    assert capsys.readouterr().out == "b.csv: 1 books, 1 of them new or changed\n"


def test_a_file_can_be_read_without_an_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused rows go to the callback, and standard output stays free for the result."""
    path = written(tmp_path / "i.csv", "user_id,book_id", "1,2", "None,3", *["4,5"] * 12_000)
    rejected: list[tuple[int, str]] = []
    with read_file(
        path, options_of(), read_interactions, reject=lambda row, why: rejected.append((row.line, why))
    ) as reading:
        assert sum(len(batch) for batch in reading.records.batches()) == 12_001
    assert rejected == [(3, "user_id 'None' is no id")]
    output = capsys.readouterr()
    assert output.out == ""
    assert "reading i.csv" in output.err


def test_books_that_can_be_neither_updated_nor_added(tmp_path: Path) -> None:
    """Most books of a list of prices are unknown to the service: nothing is stored; if half are known, they are."""
    loader = Loader()
    run(files_of(written(tmp_path / "b.csv", "book_id,title", "1,A", "SKU-1,B")), loader, tmp_path)
    prices = written(tmp_path / "p.csv", "book_id,price,currency", "1,5,EUR", "SKU-2,6,EUR", "SKU-3,7,EUR")
    message = "2 of 3 rows name books that are not in the catalogue, and give neither title nor ISBN"
    with pytest.raises(InvalidFile, match=message):
        run(files_of(prices), loader, tmp_path)
    assert len(loader.books) == 1


def test_a_pipe(tmp_path: Path) -> None:
    """It cannot be read twice; the message says what to do."""
    read, write = os.pipe()
    os.close(write)
    with pytest.raises(InvalidFile, match="such as a pipe; save it first"):
        run(files_of(Path(f"/dev/fd/{read}")), Loader(), tmp_path)
    os.close(read)


class _Collecting(Loader):
    """Notes whether garbage was collected while it stored, and may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.collected: list[bool] = []
        self._fails = fails

    def put_books(self, batch: Sequence[FileBook]) -> Stored:
        self.collected.append(gc.isenabled())
        if self._fails:
            raise InvalidFile("failed")
        return super().put_books(batch)


def test_garbage_is_collected_after_an_import(tmp_path: Path) -> None:
    """Not while its records are stored, but afterwards, also when it failed."""
    books = written(tmp_path / "b.csv", "book_id,title", "1,A")
    loader, failing = _Collecting(), _Collecting(fails=True)
    run(files_of(books), loader, tmp_path)
    assert gc.isenabled()
    with pytest.raises(InvalidFile, match="failed"):
        run(files_of(books), failing, tmp_path)
    assert gc.isenabled()
    assert loader.collected == failing.collected == [False]
