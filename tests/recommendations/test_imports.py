"""Importing CSV files, on both databases."""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Event, Interaction, InteractionKind
from recommendations.imports import GREATEST_IMPORTED_ID, Importer
from recommendations.store import Store
from recommendations.store.schema import interactions
from servicekit.csvfile import InvalidCsv
from tests.planner import estimated_rows

BOOKS = """book_id,title,authors,year,isbn,categories,subjects,published_at,price,work
1,Dune,Frank Herbert,1965,,Science Fiction;classics,deserts; politics ;,1965-08-01,9.99, 3634639
2,"Good, Omens",Terry Pratchett;Neil Gaiman,1990.0,,FANTASY;fantasy,,,5,
3,,,,978-3,science-fiction,,,,
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = NOW.date()
HISTORY = """user_id,book_id,kind,value,occurred_at,interaction_id
1,1,purchase,,2026-01-02T03:04:05Z,
1,2,rating,4.5,2026-01-02T03:04:05+02:00,
2,1,,,,
2,3,not-interested,,,mine
"""


class Imports:
    """A store, a folder of files and an importer."""

    def __init__(self, store: Store, engine: Engine, folder: Path) -> None:
        self.store = store
        self.engine = engine
        self.folder = folder
        self.rejects = folder / "rejects"

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def import_texts(self, books: str | bytes | None = None, history: str | bytes | None = None) -> None:
        self.import_files(
            None if books is None else self.file("books.csv", books),
            None if history is None else self.file("interactions.csv", history),
        )

    def import_files(self, books: Path | None, history: Path | None) -> None:
        Importer(self.store, rejects=self.rejects, clock=lambda: NOW).run(books, history)

    @property
    def books(self) -> dict[int, Book]:
        with self.store.read() as work:
            return {book.id: book for book in work.books.changed_since(0)[0]}

    @property
    def events(self) -> list[Event]:
        with self.store.read() as work:
            return [event for chunk in work.interactions.events_after(0) for event in chunk]

    def rejected(self, name: str) -> list[list[str]]:
        """The rows of a rejects file, without its header."""
        with (self.rejects / f"{name}.rejects.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == ["line", "reason", "row"]
        return rows


@pytest.fixture
def imports(store: Store, engine: Engine, tmp_path: Path) -> Imports:
    return Imports(store, engine, tmp_path)


def test_good_files(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """Every column is stored, and the output has the counts."""
    imports.import_texts(BOOKS, HISTORY)
    sf = Category.SCIENCE_FICTION
    assert imports.books == {
        1: Book(
            id=1,
            title="Dune",
            authors=("Frank Herbert",),
            categories=(sf, Category.CLASSICS),
            subjects=("deserts", "politics"),
            year=1965,
            published_on=date(1965, 8, 1),
            work="3634639",
            added_on=TODAY,
        ),
        2: Book(
            id=2,
            title="Good, Omens",
            authors=("Terry Pratchett", "Neil Gaiman"),
            categories=(Category.FANTASY,),
            year=1990,
            added_on=TODAY,
        ),
        3: Book(id=3, title="978-3", isbn="978-3", categories=(sf,), added_on=TODAY),
    }
    assert [event[1:5] for event in imports.events] == [
        (1, 1, InteractionKind.PURCHASE, 0.0),
        (1, 2, InteractionKind.RATING, 4.5),
        (2, 1, InteractionKind.PURCHASE, 0.0),
        (2, 3, InteractionKind.NOT_INTERESTED, 0.0),
    ]
    with imports.engine.connect() as connection:
        stored = connection.execute(
            select(interactions.c.id, interactions.c.occurred_at).order_by(interactions.c.sequence)
        ).all()
    assert [row.occurred_at for row in stored] == [
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC),
        None,
        None,
    ]
    assert stored[3].id == "mine"
    output = capsys.readouterr()
    assert "books.csv: 3 books, 3 of them new or changed" in output.out
    assert "interactions.csv: 4 interactions, 4 of them new or changed" in output.out
    assert "could not be used" not in output.out + output.err
    assert not imports.rejects.exists()


def test_importing_twice_changes_nothing(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time nothing is new, not even rows without an id."""
    imports.import_texts(BOOKS, HISTORY)
    books, events = imports.books, repr(imports.events)
    capsys.readouterr()
    imports.import_texts(BOOKS, HISTORY)
    assert (imports.books, repr(imports.events)) == (books, events)
    with imports.store.read() as work:
        assert work.books.revision() == 1
    output = capsys.readouterr().out
    assert "3 books, 0 of them new or changed" in output
    assert "4 interactions, 0 of them new or changed" in output


def test_only_what_changed_is_new(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """A corrected file changes only the corrected books."""
    imports.import_texts(BOOKS, HISTORY)
    imports.import_texts(BOOKS.replace("Dune", "Dune, revised").replace("1,Dune, revised", '1,"Dune, revised"'), None)
    assert imports.books[1].title == "Dune, revised"
    assert "3 books, 1 of them new or changed" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["gzip", "bom", "windows", "upper"])
def test_other_forms_of_the_same_file(imports: Imports, form: str) -> None:
    """Gzip, a byte order mark, Windows line ends and uppercase column names make no difference."""
    header, rows = BOOKS.split("\n", 1)
    content = {
        "gzip": gzip.compress(BOOKS.encode()),
        "bom": b"\xef\xbb\xbf" + BOOKS.encode(),
        "windows": BOOKS.replace("\n", "\r\n").encode(),
        "upper": f"{header.upper()}\n{rows}".encode(),
    }[form]
    imports.import_texts(content)
    assert {id_: book.title for id_, book in imports.books.items()} == {1: "Dune", 2: "Good, Omens", 3: "978-3"}


def test_unknown_columns_and_categories_are_named_once(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """They are ignored, and the output names each once, with the number of occurrences."""
    imports.import_texts("book_id,title,shelf,colour,categories\n1,A,x,red,Mystery;Zen\n2,B,y,blue,Zen\n")
    assert imports.books[1].categories == (Category.MYSTERY,)
    assert imports.books[2].categories == ()
    output = capsys.readouterr().out
    assert output.count("ignored unknown columns: shelf, colour") == 1
    assert output.count("ignored unknown categories: Zen (2)") == 1


BAD_ROWS = [
    ("7", "1 fields where the header has 6"),
    ("7,8,view,,,,", "7 fields where the header has 6"),
    ('7,8,"vi"ew,,,', "not CSV"),
    ("7,0,view,,,", "book_id '0' is not a whole number from 1 to 999999999"),
    ("-7,8,view,,,", "user_id '-7'"),
    ("7.5,8,view,,,", "user_id '7.5'"),
    (f"7,{GREATEST_IMPORTED_ID + 1},view,,,", "book_id '1000000000'"),
    (",8,view,,,", "user_id ''"),
    ("7,00000000019999999999,view,,,", "book_id '00000000019999999999'"),
    ("7,8,undo,,,", "kind 'undo' is not one of shown, view, click, cart, purchase, rating, not_interested"),
    ("7,8,stolen,,,", "kind 'stolen' is not one of shown, view, click, cart, purchase, rating, not_interested"),
    ("7,8,rating,5.5,,", "value of a rating must be 0.5 to 5"),
    ("7,8,rating,,,", "value of a rating must be 0.5 to 5"),
    ("7,8,rating,nan,,", "value 'nan' is not a number"),
    ("7,8,view,,yesterday,", "occurred_at 'yesterday' is not a time in ISO 8601"),
    (f"7,8,view,,,{'x' * 101}", "interaction_id is longer than 100 characters"),
]


def test_bad_rows_are_rejected(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """Each goes to the rejects file with its line and the reason; the good rows are imported."""
    header, *good = HISTORY.splitlines()
    imports.import_texts(None, "\n".join([header, good[0], *(row for row, _ in BAD_ROWS), *good[1:]]) + "\n")
    assert len(imports.events) == 4
    rejected = imports.rejected("interactions.csv")
    assert [int(line) for line, *_ in rejected] == list(range(3, 3 + len(BAD_ROWS)))
    for (_, message, *_), (_, reason) in zip(rejected, BAD_ROWS, strict=True):
        assert reason in message
    written = imports.rejects / "interactions.csv.rejects.csv"
    assert f"{len(BAD_ROWS)} rows could not be used; see {written}" in capsys.readouterr().err


def test_a_book_twice_in_one_file(imports: Imports) -> None:
    """The first one counts; the second is rejected, with the line of the first."""
    imports.import_texts("book_id,title\n\n7,First\n8,Other\n07,Second\n")
    assert {id_: book.title for id_, book in imports.books.items()} == {7: "First", 8: "Other"}
    assert imports.rejected("books.csv") == [["5", "the same id as on line 3", "07", "Second"]]


def test_a_history_of_unknown_books_is_kept(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """It is stored and reported; once the books are imported, it is no longer reported."""
    imports.import_texts(None, HISTORY)
    assert len(imports.events) == 4
    assert "4 interactions name books that are not in the catalogue" in capsys.readouterr().out
    imports.import_texts(BOOKS, None)
    assert "name books that are not in the catalogue" not in capsys.readouterr().out
    assert len(imports.events) == 4


def test_a_history_of_retired_readers(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """A merged reader's history goes to the other reader; a forgotten reader's is skipped and reported."""
    with imports.store.write() as work:
        work.readers.merge(1, 5)
        work.readers.forget(2)
        work.commit()
    for new in (2, 0):
        imports.import_texts(None, HISTORY)
        assert [event.reader_id for event in imports.events] == [5, 5]
        output = capsys.readouterr().out
        assert f"4 interactions, {new} of them new or changed" in output
        assert "interactions.csv: skipped 2 interactions of readers who were forgotten" in output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a CSV file in UTF-8"),
        (gzip.compress(BOOKS.encode(), mtime=0)[:12], "not a readable gzip file"),
    ],
)
def test_a_file_that_is_not_a_csv(imports: Imports, content: bytes, message: str) -> None:
    """It is refused with one line that names the file, and nothing of either file is stored."""
    files: list[tuple[str | bytes, str | bytes]] = [
        (content, HISTORY),
        (BOOKS, content.replace(b"title", b"user_id")),
    ]
    for books, history in files:
        with pytest.raises(InvalidCsv) as caught:
            imports.import_texts(books, history)
        assert "\n" not in str(caught.value)
        assert str(imports.folder) in str(caught.value)
        if books == content:
            assert message in str(caught.value)
        assert imports.books == {}
        assert imports.events == []


@pytest.mark.parametrize(
    ("place", "message"),
    [(lambda folder: folder / "nowhere.csv", "No such file"), (lambda folder: folder, "Is a directory")],
)
def test_a_missing_file(imports: Imports, place: Callable[[Path], Path], message: str) -> None:
    """A missing file or a folder is refused before anything of the other file is stored."""
    with pytest.raises(InvalidCsv, match=message):
        imports.import_files(imports.file("books.csv", BOOKS), place(imports.folder))
    assert imports.books == {}


def test_the_statistics_are_refreshed(imports: Imports) -> None:
    """An import that stored something refreshes the planner's statistics; another one does not."""
    imports.import_texts(BOOKS, HISTORY)
    assert (estimated_rows(imports.engine, "books"), estimated_rows(imports.engine, "interactions")) == (3, 4)
    click = Interaction(id="new", reader_id=3, book_id=1, kind=InteractionKind.CLICK)
    with imports.store.write() as work:
        work.interactions.add([click])
        work.commit()
    imports.import_texts(BOOKS, HISTORY)
    assert estimated_rows(imports.engine, "interactions") == 4
    imports.import_texts(history="user_id,book_id\n7,1\n")
    assert estimated_rows(imports.engine, "interactions") == 6
    imports.import_texts(books="book_id,title\n4,Emma\n")
    assert estimated_rows(imports.engine, "books") == 4
