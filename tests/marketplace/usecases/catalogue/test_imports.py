"""Imports of booksellers' files."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from bookfiles.errors import InvalidFile, TruncatedFile
from bookfiles.ids import IdKind, IdsFile
from bookfiles.imports import Files
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.events import BookChanged, ShopEvent
from marketplace.domain.interactions import Ratings
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.catalogue.forms import BookForm, form_of
from marketplace.usecases.catalogue.imports import Importer
from marketplace.usecases.moderation import Moderation
from tests.marketplace.ordering import moderator_of
from tests.marketplace.stored import put
from tests.planner import estimated_rows

BOOKS = """book_id,title,authors,year,isbn,categories,subjects,price,currency,stock,description,picture
7,Dune,Frank Herbert;Nobody,1965,0-441-01359-7,Science Fiction;science-fiction;Blorp,deserts,9.99,EUR,3,Spice.,https://a.org/b.jpg
8,,,,9780141439587,,,,,,,
"""


@pytest.fixture
def importer(store: Store, tmp_path: Path) -> Importer:
    """An importer into an empty shop."""
    return Importer(store, IdsFile(tmp_path / "ids"), rejects=tmp_path / "rejects")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def run(importer: Importer, books: Path | None, interactions: Path | None, *, overwrite: bool = False) -> None:
    importer.run(Files(books=books, interactions=interactions, overwrite=overwrite))


def books_in(store: Store, *ids: int) -> list[Book]:
    with store.read() as work:
        return [work.books.get(book_id) for book_id in ids]


def readers_of(store: Store, *ids: int) -> list[int]:
    with store.read() as work:
        cards = work.books.cards(ids)
    return [cards[book_id].readers for book_id in ids]


def waiting(store: Store) -> list[ShopEvent]:
    with store.read() as work:
        return [row.event() for row in work.outbox.waiting(10)]


def rejects(tmp_path: Path, name: str) -> list[str]:
    """The lines of a rejects file, without its header."""
    return (tmp_path / "rejects" / f"{name}.rejects.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_books_are_imported_completely(
    importer: Importer, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every column is used; an empty title becomes the ISBN; a label of no category becomes a subject."""
    run(importer, write(tmp_path / "books.csv", BOOKS), None)
    assert books_in(store, 7, 8) == [
        Book(
            id=7,
            title="Dune",
            authors=("Frank Herbert", "Nobody"),
            year=1965,
            isbn="9780441013593",
            categories=(Category.SCIENCE_FICTION,),
            subjects=("deserts", "Blorp"),
            description="Spice.",
            price=Money(999, "EUR"),
            stock=3,
            picture="https://a.org/b.jpg",
        ),
        Book(id=8, title="9780141439587", isbn="9780141439587"),
    ]
    out = capsys.readouterr().out
    assert "2 of them new or changed" in out
    assert "no category found, kept as subjects: Blorp (1)" in out


def test_a_second_import_changes_nothing(
    importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report counts no new or changed row."""
    books = write(tmp_path / "books.csv", BOOKS)
    history = write(tmp_path / "history.csv", "user_id,book_id\n1,7\n2,7\n")
    run(importer, books, history)
    capsys.readouterr()
    run(importer, books, history)
    out = capsys.readouterr().out
    assert "2 books, 0 of them new or changed" in out
    assert "2 interactions, 0 of them new or changed" in out


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Dune,,,,", "book_id is empty"),
        ("9.78E+12,Dune,,,,", "book_id '9.78E+12' has lost digits"),
        ("7,,,,,", "neither title nor isbn"),
        ("9,Dune,9.99,EUR,1,,x", "fields"),
        ("1,Emma again,,,,", "same id as on line 2"),
    ],
)
def test_a_malformed_row_is_rejected(importer: Importer, store: Store, tmp_path: Path, row: str, reason: str) -> None:
    """Its line and the reason are in the rejects file; the rows around it are imported."""
    header = "book_id,title,price,currency,stock,picture"
    run(importer, write(tmp_path / "b.csv", f"{header}\n1,Emma,,,,\n{row}\n2,Ulysses,,,,\n"), None)
    assert [book.title for book in books_in(store, 1, 2)] == ["Emma", "Ulysses"]
    (reject,) = rejects(tmp_path, "b.csv")
    assert reject.startswith("3,")
    assert reason in reject


@pytest.mark.parametrize(
    "row",
    [
        "9,Dune,9.99,,,",
        "9,Dune,9.99,XYZ,,",
        "9,Dune,9.999,EUR,,",
        "9,Dune,,,many,",
        pytest.param(f"9,Dune,,,{'0' * 20}{'9' * 5000},", id="very long number"),
        "9,Dune,,,,javascript:alert(1)",
        "9,Dune,,,,http://[",
    ],
)
def test_an_unreadable_value_costs_no_more_than_itself(
    importer: Importer, store: Store, tmp_path: Path, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The book is imported without it, and the value is named with its line."""
    header = "book_id,title,price,currency,stock,picture"
    run(importer, write(tmp_path / "b.csv", f"{header}\n{row}\n"), None)
    assert books_in(store, 9) == [Book(id=9, title="Dune")]
    assert "left empty: line 2: " in capsys.readouterr().out


def test_history_counts_distinct_readers(importer: Importer, store: Store, tmp_path: Path) -> None:
    """Repetitions count once; shown and dismissed books do not count; no kind means a purchase."""
    books = write(tmp_path / "b.csv", "book_id,title\n7,Dune\n8,Emma\n9,Ulysses\n")
    history = "user_id,book_id,kind\n1,7,\n1,7,rating\n2,7,view\n3,7,shown\n3,7,not_interested\n1,8,cart\n1,9,shown\n"
    run(importer, books, write(tmp_path / "h.csv", history))
    assert readers_of(store, 7, 8, 9) == [2, 1, 0]


def test_history_may_come_before_its_books(importer: Importer, store: Store, tmp_path: Path) -> None:
    """Readers of an unknown book count once the book is imported."""
    run(importer, None, write(tmp_path / "h.csv", "user_id,book_id\n1,7\n2,7\n"))
    run(importer, write(tmp_path / "b.csv", "book_id,title\n7,Dune\n"), None)
    assert readers_of(store, 7) == [2]


def test_malformed_history_rows_are_rejected(importer: Importer, store: Store, tmp_path: Path) -> None:
    """For an unknown kind, or an id that is none."""
    run(importer, None, write(tmp_path / "h.csv", "user_id,book_id,kind\n1,7,danced\n,7,\n1,8,\n2,8,\n"))
    lines = rejects(tmp_path, "h.csv")
    assert all(word in line for word, line in zip(["kind", "user_id"], lines, strict=True))


def ratings_of(store: Store, book_id: int) -> Ratings:
    with store.read() as work:
        return work.interactions.ratings(book_id)


def test_imported_ratings_count(importer: Importer, store: Store, tmp_path: Path) -> None:
    """Those of a scale of ten are halved; the later of two ratings of one reader counts; 0 is no rating."""
    books = write(tmp_path / "b.csv", "book_id,title\n7,Dune\n")
    header = "user_id,book_id,rating,date\n"
    run(importer, books, write(tmp_path / "h.csv", f"{header}1,7,10,2020-01-01\n2,7,4,\n3,7,0,\n1,7,8,2019-01-01\n"))
    assert ratings_of(store, 7) == Ratings(2, 3.5)
    assert readers_of(store, 7) == [3]
    run(importer, None, write(tmp_path / "h2.csv", f"{header}1,7,2,2020-01-02\n2,7,10,\n9,8,10,\n"))
    assert ratings_of(store, 7) == Ratings(2, 3.0)


def test_what_a_file_does_not_say_stays(importer: Importer, store: Store, tmp_path: Path) -> None:
    """A file of prices changes nothing else; an empty cell empties; an unreadable one keeps what was there."""
    run(importer, write(tmp_path / "books.csv", BOOKS), None)
    (dune,) = books_in(store, 7)
    run(importer, write(tmp_path / "p.csv", "book_id,price,currency,stock\n7,7.77,EUR,\n"), None)
    assert books_in(store, 7) == [replace(dune, price=Money(777, "EUR"), stock=None)]
    run(importer, write(tmp_path / "p.csv", "book_id,price,currency\n7,soon,EUR\n"), None)
    assert books_in(store, 7) == [replace(dune, price=Money(777, "EUR"), stock=None)]


def test_a_moderators_edit_is_kept(importer: Importer, store: Store, tmp_path: Path) -> None:
    """A file changes other attributes; Recommendations is told of the kept one; `--overwrite` replaces it."""
    file = write(tmp_path / "books.csv", BOOKS)
    run(importer, file, None)
    with store.read() as work:
        form = form_of(work.all_books.get(7).book)
    Moderation(store).change_book(moderator_of(store), 7, BookForm({**form.texts, "title": "Dune!"}, form.shown))
    assert waiting(store) == [BookChanged(7)]
    changed = write(tmp_path / "books.csv", BOOKS.replace("1965", "1966"))
    run(importer, changed, None)
    (book,) = books_in(store, 7)
    assert (book.title, book.year) == ("Dune!", 1966)
    assert waiting(store) == [BookChanged(7)] * 2
    run(importer, changed, None, overwrite=True)
    run(importer, changed, None)
    assert [book.title for book in books_in(store, 7)] == ["Dune"]


def test_ids_of_any_kind(importer: Importer, store: Store, tmp_path: Path) -> None:
    """A book keeps its own id beside its number, and the same file meets the same books."""
    books = write(tmp_path / "b.csv", "sku,title\nB-1,Dune\n0441013597,Dune again\n5,Five\n")
    history = write(tmp_path / "h.csv", "email,sku\na@example.org,B-1\nb@example.org,B-1\n")
    for _ in range(2):
        run(importer, books, history)
    with store.read() as work:
        found = work.books.all_of(range(1, 6)) | work.books.all_of(
            IdsFile(tmp_path / "ids").numbers(IdKind.BOOK, ["B-1", "9780441013593"]).values()
        )
    assert {book.external_id for book in found.values()} == {"", "B-1", "9780441013593"}
    assert sorted(readers_of(store, *found)) == [0, 0, 2]


def test_a_byte_order_mark_and_gzip_are_read(importer: Importer, store: Store, tmp_path: Path) -> None:
    """As spreadsheets and archives write them."""
    path = tmp_path / "books.csv.gz"
    path.write_bytes(gzip.compress("\ufeffbook_id,title\r\n7,Düne\r\n".encode()))
    run(importer, path, None)
    assert books_in(store, 7)[0].title == "Düne"


@pytest.mark.parametrize(
    "content", [b"", b"name,author\nEmma,Jane\n", b"\x89PNG\r\n\x1a\n\0\0", b"user_id\n1\n", b"\x1f\x8bnot gzip"]
)
def test_if_one_file_is_invalid_nothing_is_stored(
    importer: Importer, store: Store, tmp_path: Path, content: bytes
) -> None:
    """A wrong second file is noticed before the first is imported."""
    (tmp_path / "wrong.csv").write_bytes(content)
    with pytest.raises(InvalidFile, match=r"wrong\.csv"):
        run(importer, write(tmp_path / "b.csv", BOOKS), tmp_path / "wrong.csv")
    with store.read() as work:
        assert work.books.is_empty()


def test_rows_before_a_truncation_are_kept(importer: Importer, store: Store, tmp_path: Path) -> None:
    """A truncated gzip file is an error, and best-sellers count the complete rows."""
    rows = "".join(f"{reader},7\n" for reader in range(1, 30_001))
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress(f"user_id,book_id\n{rows}".encode())[:-2000])
    with pytest.raises(TruncatedFile):
        run(importer, write(tmp_path / "b.csv", "book_id,title\n7,Dune\n"), tmp_path / "h.csv.gz")
    assert readers_of(store, 7)[0] > 0


def test_an_import_refreshes_statistics(store: Store, tmp_path: Path) -> None:
    """Unless it changed nothing."""
    importer = Importer(store, IdsFile(tmp_path / "ids"), rejects=tmp_path / "rejects")
    books = write(tmp_path / "books.csv", BOOKS)
    run(importer, books, None)
    assert estimated_rows(store.engine, "books") == 2
    put(store, Book(id=9, title="Emma"))
    run(importer, books, None)
    assert estimated_rows(store.engine, "books") == 2
    run(importer, None, write(tmp_path / "history.csv", "user_id,book_id\n1,7\n"))
    assert estimated_rows(store.engine, "books") == 3
