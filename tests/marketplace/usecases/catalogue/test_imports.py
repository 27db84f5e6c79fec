"""Imports of booksellers' files."""

import gzip
from pathlib import Path

import pytest

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.catalogue.imports import Importer
from servicekit.csvfile import InvalidCsv, TruncatedCsv
from tests.marketplace.stored import put
from tests.planner import estimated_rows

BOOKS = """book_id,title,authors,year,isbn,categories,subjects,price,currency,stock,description,work,picture
7,Dune,Frank Herbert;Nobody,1965,978,Science Fiction;science-fiction;Gothic,deserts,9.99,EUR,3,Spice.,W7,https://a.org/b.jpg
8,,,,9780141439587,,,,,,,,
"""


@pytest.fixture
def importer(store: Store, tmp_path: Path) -> Importer:
    """An importer into an empty shop."""
    return Importer(store, rejects=tmp_path / "rejects")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def books_in(store: Store, *ids: int) -> list[Book]:
    with store.read() as work:
        return [work.books.get(book_id) for book_id in ids]


def readers_of(store: Store, *ids: int) -> list[int]:
    with store.read() as work:
        cards = work.books.cards(ids)
    return [cards[book_id].readers for book_id in ids]


def rejects(tmp_path: Path, name: str) -> list[str]:
    """The lines of a rejects file, without its header."""
    return (tmp_path / "rejects" / f"{name}.rejects.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_books_are_imported_completely(
    importer: Importer, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every column is used; an empty title becomes the ISBN; an unknown category is reported, not rejected."""
    importer.run(write(tmp_path / "books.csv", BOOKS), None)
    assert books_in(store, 7, 8) == [
        Book(
            id=7,
            title="Dune",
            authors=("Frank Herbert", "Nobody"),
            year=1965,
            isbn="978",
            categories=(Category.SCIENCE_FICTION,),
            subjects=("deserts",),
            description="Spice.",
            price=Money(999, "EUR"),
            stock=3,
            picture="https://a.org/b.jpg",
            work="W7",
        ),
        Book(id=8, title="9780141439587", isbn="9780141439587"),
    ]
    out = capsys.readouterr().out
    assert "2 of them new or changed" in out
    assert "unknown categories: Gothic (1)" in out


def test_a_second_import_changes_nothing(
    importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report counts no new or changed row."""
    books = write(tmp_path / "books.csv", BOOKS)
    history = write(tmp_path / "history.csv", "user_id,book_id\n1,7\n2,7\n")
    importer.run(books, history)
    capsys.readouterr()
    importer.run(books, history)
    out = capsys.readouterr().out
    assert "2 books, 0 of them new or changed" in out
    assert "2 interactions, 0 of them new or changed" in out


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0,Dune,,,,", "book_id"),
        ("1000000000,Dune,,,,", "book_id"),
        ("7,,,,,", "neither title nor isbn"),
        ("9,Dune,9.99,,,", "currency"),
        ("9,Dune,9.99,XYZ,,", "currency"),
        ("9,Dune,9.999,EUR,,", "decimals"),
        ("9,Dune,,,-1,", "stock"),
        ("9,Dune,,,many,", "stock"),
        (f"9,Dune,,,{'0' * 20}{'9' * 5000},", "stock"),
        ("9,Dune,,,,javascript:alert(1)", "picture"),
        ("9,Dune,,,,http://[", "picture"),
        ("9,Dune", "fields"),
        ("1,Emma again,,,,", "same id as on line 2"),
    ],
)
def test_a_malformed_row_is_rejected(importer: Importer, store: Store, tmp_path: Path, row: str, reason: str) -> None:
    """Its line and the reason are in the rejects file; the rows around it are imported."""
    header = "book_id,title,price,currency,stock,picture"
    importer.run(write(tmp_path / "b.csv", f"{header}\n1,Emma,,,,\n{row}\n2,Ulysses,,,,\n"), None)
    assert [book.title for book in books_in(store, 1, 2)] == ["Emma", "Ulysses"]
    (reject,) = rejects(tmp_path, "b.csv")
    assert reject.startswith("3,")
    assert reason in reject


def test_history_counts_distinct_readers(importer: Importer, store: Store, tmp_path: Path) -> None:
    """Repetitions count once; shown and dismissed books do not count; no kind means a purchase."""
    books = write(tmp_path / "b.csv", "book_id,title\n7,Dune\n8,Emma\n9,Ulysses\n")
    history = "user_id,book_id,kind\n1,7,\n1,7,rating\n2,7,view\n3,7,shown\n3,7,not_interested\n1,8,cart\n1,9,shown\n"
    importer.run(books, write(tmp_path / "h.csv", history))
    assert readers_of(store, 7, 8, 9) == [2, 1, 0]


def test_history_may_come_before_its_books(importer: Importer, store: Store, tmp_path: Path) -> None:
    """Readers of an unknown book count once the book is imported."""
    importer.run(None, write(tmp_path / "h.csv", "user_id,book_id\n1,7\n2,7\n"))
    importer.run(write(tmp_path / "b.csv", "book_id,title\n7,Dune\n"), None)
    assert readers_of(store, 7) == [2]


def test_malformed_history_rows_are_rejected(importer: Importer, store: Store, tmp_path: Path) -> None:
    """For an unknown kind or an id that cannot be imported."""
    importer.run(None, write(tmp_path / "h.csv", "user_id,book_id,kind\n1,7,danced\n1000000000,7,\n1,x,\n"))
    lines = rejects(tmp_path, "h.csv")
    assert all(word in line for word, line in zip(["kind", "user_id", "book_id"], lines, strict=True))


def test_a_byte_order_mark_and_gzip_are_read(importer: Importer, store: Store, tmp_path: Path) -> None:
    """As spreadsheets and archives write them."""
    path = tmp_path / "books.csv.gz"
    path.write_bytes(gzip.compress("\ufeffbook_id,title\r\n7,Düne\r\n".encode()))
    importer.run(path, None)
    assert books_in(store, 7)[0].title == "Düne"


@pytest.mark.parametrize(
    "content", [b"", b"book_id,name\n1,Emma\n", b"\x89PNG\r\n\x1a\n\0\0", b"user_id\n1\n", b"\x1f\x8bnot gzip"]
)
def test_if_one_file_is_invalid_nothing_is_stored(
    importer: Importer, store: Store, tmp_path: Path, content: bytes
) -> None:
    """A wrong second file is noticed before the first is imported."""
    (tmp_path / "wrong.csv").write_bytes(content)
    with pytest.raises(InvalidCsv, match=r"wrong\.csv"):
        importer.run(write(tmp_path / "b.csv", BOOKS), tmp_path / "wrong.csv")
    with store.read() as work:
        assert work.books.is_empty()


def test_rows_before_a_truncation_are_kept(importer: Importer, store: Store, tmp_path: Path) -> None:
    """A truncated gzip file is an error, and best-sellers count the complete rows."""
    rows = "".join(f"{reader},7\n" for reader in range(1, 30_001))
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress(f"user_id,book_id\n{rows}".encode())[:-2000])
    with pytest.raises(TruncatedCsv):
        importer.run(write(tmp_path / "b.csv", "book_id,title\n7,Dune\n"), tmp_path / "h.csv.gz")
    assert readers_of(store, 7)[0] > 0


def test_an_import_refreshes_statistics(store: Store, tmp_path: Path) -> None:
    """Unless it changed nothing."""
    importer = Importer(store, rejects=tmp_path / "rejects")
    books = write(tmp_path / "books.csv", BOOKS)
    importer.run(books, None)
    assert estimated_rows(store.engine, "books") == 2
    put(store, Book(id=9, title="Emma"))
    importer.run(books, None)
    assert estimated_rows(store.engine, "books") == 2
    importer.run(None, write(tmp_path / "history.csv", "user_id,book_id\n1,7\n"))
    assert estimated_rows(store.engine, "books") == 3
