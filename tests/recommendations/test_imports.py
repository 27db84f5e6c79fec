"""Importing a bookseller's files, on both databases."""

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

BOOKS = """book_id,title,authors,year,isbn,categories,subjects,published_at,price
1,Dune,Frank Herbert,1965,,Science Fiction;classics,deserts; politics ;,1965-08-01,9.99
2,"Good, Omens",Terry Pratchett;Neil Gaiman,1990.0,,FANTASY;fantasy,,,5
3,,,,978-3,science-fiction,,,
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = NOW.date()
HISTORY = """user_id,book_id,kind,value,occurred_at,interaction_id
1,1,purchase,,2026-01-02T03:04:05Z,
1,2,rating,4.5,2026-01-02T03:04:05+02:00,
2,1,,,,
2,3,not-interested,,,mine
"""


class Desk:
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

    def bring(self, books: str | bytes | None = None, history: str | bytes | None = None) -> None:
        self.run(
            None if books is None else self.file("books.csv", books),
            None if history is None else self.file("interactions.csv", history),
        )

    def run(self, books: Path | None, history: Path | None) -> None:
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
def desk(store: Store, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(store, engine, tmp_path)


def test_good_files(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Every column that recommending needs arrives as it is meant, and the screen says how many came."""
    desk.bring(BOOKS, HISTORY)
    sf = Category.SCIENCE_FICTION
    assert desk.books == {
        1: Book(
            id=1,
            title="Dune",
            authors=("Frank Herbert",),
            categories=(sf, Category.CLASSICS),
            subjects=("deserts", "politics"),
            year=1965,
            published_on=date(1965, 8, 1),
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
    assert [event[1:5] for event in desk.events] == [
        (1, 1, InteractionKind.PURCHASE, 0.0),
        (1, 2, InteractionKind.RATING, 4.5),
        (2, 1, InteractionKind.PURCHASE, 0.0),
        (2, 3, InteractionKind.NOT_INTERESTED, 0.0),
    ]
    with desk.engine.connect() as connection:
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
    assert not desk.rejects.exists()


def test_importing_twice_changes_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time nothing is new, rows without an id of their own included."""
    desk.bring(BOOKS, HISTORY)
    books, events = desk.books, repr(desk.events)
    capsys.readouterr()
    desk.bring(BOOKS, HISTORY)
    assert (desk.books, repr(desk.events)) == (books, events)
    with desk.store.read() as work:
        assert work.books.revision() == 1
    output = capsys.readouterr().out
    assert "3 books, 0 of them new or changed" in output
    assert "4 interactions, 0 of them new or changed" in output


def test_only_what_changed_is_new(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A corrected file changes what was corrected."""
    desk.bring(BOOKS, HISTORY)
    desk.bring(BOOKS.replace("Dune", "Dune, revised").replace("1,Dune, revised", '1,"Dune, revised"'), None)
    assert desk.books[1].title == "Dune, revised"
    assert "3 books, 1 of them new or changed" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["gzip", "bom", "windows", "upper"])
def test_other_forms_of_the_same_file(desk: Desk, form: str) -> None:
    """Gzipped, with a BOM, with Windows line ends and with names in capitals it means the same."""
    header, rows = BOOKS.split("\n", 1)
    content = {
        "gzip": gzip.compress(BOOKS.encode()),
        "bom": b"\xef\xbb\xbf" + BOOKS.encode(),
        "windows": BOOKS.replace("\n", "\r\n").encode(),
        "upper": f"{header.upper()}\n{rows}".encode(),
    }[form]
    desk.bring(content)
    assert {id_: book.title for id_, book in desk.books.items()} == {1: "Dune", 2: "Good, Omens", 3: "978-3"}


def test_unknown_columns_and_categories_are_named_once(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not understood costs nothing else, and the screen says so once and how often."""
    desk.bring("book_id,title,shelf,colour,categories\n1,A,x,red,Mystery;Zen\n2,B,y,blue,Zen\n")
    assert desk.books[1].categories == (Category.MYSTERY,)
    assert desk.books[2].categories == ()
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


def test_bad_rows_are_set_aside(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Each goes to the rejects file with its line and the reason; the rows around it are imported."""
    header, *good = HISTORY.splitlines()
    desk.bring(None, "\n".join([header, good[0], *(row for row, _ in BAD_ROWS), *good[1:]]) + "\n")
    assert len(desk.events) == 4
    rejected = desk.rejected("interactions.csv")
    assert [int(line) for line, *_ in rejected] == list(range(3, 3 + len(BAD_ROWS)))
    for (_, said, *_), (_, reason) in zip(rejected, BAD_ROWS, strict=True):
        assert reason in said
    written = desk.rejects / "interactions.csv.rejects.csv"
    assert f"{len(BAD_ROWS)} rows could not be used; see {written}" in capsys.readouterr().err


def test_a_book_twice_in_one_file(desk: Desk) -> None:
    """The first one counts, and the second is set aside naming the first one's line."""
    desk.bring("book_id,title\n\n7,First\n8,Other\n07,Second\n")
    assert {id_: book.title for id_, book in desk.books.items()} == {7: "First", 8: "Other"}
    assert desk.rejected("books.csv") == [["5", "the same id as on line 3", "07", "Second"]]


def test_a_history_of_unknown_books_is_kept(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """It is stored and said; once the books are imported, nothing is unknown any more."""
    desk.bring(None, HISTORY)
    assert len(desk.events) == 4
    assert "4 interactions name books that are not in the catalogue" in capsys.readouterr().out
    desk.bring(BOOKS, None)
    assert "name books that are not in the catalogue" not in capsys.readouterr().out
    assert len(desk.events) == 4


def test_a_history_of_retired_readers(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A merged reader's counts for the one they became, a forgotten one's is left out and counted on the screen."""
    with desk.store.write() as work:
        work.readers.merge(1, 5)
        work.readers.forget(2)
        work.commit()
    for new in (2, 0):
        desk.bring(None, HISTORY)
        assert [event.reader_id for event in desk.events] == [5, 5]
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
def test_a_file_that_is_not_such_a_csv(desk: Desk, content: bytes, message: str) -> None:
    """It is refused with one line that names it, and nothing of either file is stored."""
    files: list[tuple[str | bytes, str | bytes]] = [
        (content, HISTORY),
        (BOOKS, content.replace(b"title", b"user_id")),
    ]
    for books, history in files:
        with pytest.raises(InvalidCsv) as caught:
            desk.bring(books, history)
        assert "\n" not in str(caught.value)
        assert str(desk.folder) in str(caught.value)
        if books == content:
            assert message in str(caught.value)
        assert desk.books == {}
        assert desk.events == []


@pytest.mark.parametrize(
    ("place", "message"),
    [(lambda folder: folder / "nowhere.csv", "No such file"), (lambda folder: folder, "Is a directory")],
)
def test_a_file_that_is_not_there(desk: Desk, place: Callable[[Path], Path], message: str) -> None:
    """An absent file and a folder are refused before anything of the other one is stored."""
    with pytest.raises(InvalidCsv, match=message):
        desk.run(desk.file("books.csv", BOOKS), place(desk.folder))
    assert desk.books == {}


def test_the_planner_knows_of_what_was_stored(desk: Desk) -> None:
    """An import that stored something brings the statistics up to date, and one that stored nothing leaves them."""
    desk.bring(BOOKS, HISTORY)
    assert (estimated_rows(desk.engine, "books"), estimated_rows(desk.engine, "interactions")) == (3, 4)
    click = Interaction(id="new", reader_id=3, book_id=1, kind=InteractionKind.CLICK)
    with desk.store.write() as work:
        work.interactions.add([click])
        work.commit()
    desk.bring(BOOKS, HISTORY)
    assert estimated_rows(desk.engine, "interactions") == 4
    desk.bring(history="user_id,book_id\n7,1\n")
    assert estimated_rows(desk.engine, "interactions") == 6
    desk.bring(books="book_id,title\n4,Emma\n")
    assert estimated_rows(desk.engine, "books") == 4
