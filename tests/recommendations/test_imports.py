"""Importing CSV files, on both databases."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bookfiles.errors import InvalidFile
from bookfiles.ids import IdsFile
from bookfiles.imports import Files
from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Event, Interaction, InteractionKind
from recommendations.imports import Importer
from recommendations.store import Store
from recommendations.store.schema import interactions
from tests.planner import estimated_rows

BOOKS = """book_id,title,authors,year,isbn,categories,subjects,published_at,price,work,ratings_count,average_rating
1,Dune,Frank Herbert,1965,,Science Fiction;classics,deserts; politics ;,1965-08-01,9.99, 3634639,494879,4.19
2,"Good, Omens",Terry Pratchett;Neil Gaiman,1990.0,,FANTASY;fantasy,,,5,,,
3,,,,0-14-143958-0,science-fiction,,,,,,
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
        with IdsFile(self.folder / "ids") as ids:
            importer = Importer(self.store, ids, rejects=self.rejects, clock=lambda: NOW)
            importer.run(Files(books=books, interactions=history))

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
            added_on=TODAY,
            work="3634639",
            ratings_count=494_879,
            average_rating=4.19,
        ),
        2: Book(
            id=2,
            title="Good, Omens",
            authors=("Terry Pratchett", "Neil Gaiman"),
            categories=(Category.FANTASY,),
            year=1990,
            added_on=TODAY,
        ),
        3: Book(id=3, title="9780141439587", isbn="9780141439587", categories=(sf,), added_on=TODAY),
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
    assert {id_: book.title for id_, book in imports.books.items()} == {
        1: "Dune",
        2: "Good, Omens",
        3: "9780141439587",
    }


def test_unused_columns_and_unknown_categories_are_named(
    imports: Imports, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table lists columns that are not used; labels of no category are listed, and become subjects."""
    imports.import_texts("book_id,title,shelf,colour,categories\n1,A,x,red,Mystery;Blorp\n2,B,y,blue,Blorp\n")
    assert imports.books[1].categories == (Category.MYSTERY,)
    assert (imports.books[2].categories, imports.books[2].subjects) == ((), ("Blorp",))
    output = capsys.readouterr().out
    assert [line.split()[:3] for line in output.splitlines() if "not used" in line] == [
        ["shelf", "not", "used"],
        ["colour", "not", "used"],
    ]
    assert "no category found, kept as subjects: Blorp (2)" in output


BAD_ROWS = [
    ("7,8,view,,,,x", "7 fields where the header has 6"),
    ('7,8,"vi"ew,,,', "not CSV"),
    (",8,view,,,", "user_id is empty"),
    ("7,9.78E+12,view,,,", "book_id '9.78E+12' has lost digits"),
    ("7,8,undo,,,", "kind 'undo' is not known"),
    ("7,8,stolen,,,", "kind 'stolen' is not known"),
    ("7,8,rating,,,", "kind is a rating, and has no value"),
    ("7,8,rating,good,,", "value 'good' is not a number"),
    ("7,8,view,,2099-01-01,", "occurred_at '2099-01-01' is more than a day ahead"),
    (f"7,8,view,,,{'x' * 101}", "interaction_id is longer than 100 characters"),
]


def test_bad_rows_are_rejected(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """Each goes to the rejects file with its line and the reason; the good rows are imported."""
    header, *good = HISTORY.splitlines()
    good += [f"{reader},1,view,,,\n" for reader in range(10, 20)]
    imports.import_texts(None, "\n".join([header, good[0], *(row for row, _ in BAD_ROWS), *good[1:]]) + "\n")
    assert len(imports.events) == len(good)
    rejected = imports.rejected("interactions.csv")
    assert [int(line) for line, *_ in rejected] == list(range(3, 3 + len(BAD_ROWS)))
    for (_, message, *_), (_, reason) in zip(rejected, BAD_ROWS, strict=True):
        assert reason in message
    written = imports.rejects / "interactions.csv.rejects.csv"
    assert f"{len(BAD_ROWS)} rows could not be used; see {written}" in capsys.readouterr().err


def test_a_book_twice_in_one_file(imports: Imports) -> None:
    """The first one counts; the second is rejected, with the line of the first."""
    imports.import_texts("book_id,title\n\n7,First\n8,Other\n7.0,Second\n")
    assert {id_: book.title for id_, book in imports.books.items()} == {7: "First", 8: "Other"}
    assert imports.rejected("books.csv") == [["5", "the same id as on line 3", "7.0", "Second"]]


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
        assert "skipped 2 interactions of readers who were forgotten" in output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no column is known to be an id"),
        (gzip.compress(BOOKS.encode(), mtime=0)[:12], "not a readable gzip or zip file"),
    ],
)
def test_a_file_that_is_not_a_csv(imports: Imports, content: bytes, message: str) -> None:
    """It is refused with one line that names the file, and nothing of either file is stored."""
    files: list[tuple[str | bytes, str | bytes]] = [(content, HISTORY), (BOOKS, content)]
    for books, history in files:
        with pytest.raises(InvalidFile) as caught:
            imports.import_texts(books, history)
        assert "\n" not in str(caught.value)
        assert str(caught.value).removeprefix(f"{imports.folder}/").startswith(("books.csv: ", "interactions.csv: "))
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
    with pytest.raises(InvalidFile, match=message):
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


RATINGS = "user_id,book_id,kind,value,occurred_at\n"


def rating_of(imports: Imports) -> float:
    """The opinion that counts: the last one stored."""
    return imports.events[-1].value


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ("1,1,rating,1,", "1,1,rating,5,", 5.0),
        ("1,1,rating,1,2020-01-01", "1,1,rating,5,", 5.0),
        ("1,1,rating,1,", "1,1,rating,5,2020-01-01", 5.0),
        ("1,1,rating,1,2020-01-01", "1,1,rating,5,2020-01-02", 5.0),
        ("1,1,rating,1,2020-01-02", "1,1,rating,5,2020-01-01", 1.0),
        ("1,1,rating,1,2020-01-01", "1,1,rating,5,2020-01-01", 1.0),
    ],
)
@pytest.mark.parametrize("in_one_file", [True, False])
def test_of_two_ratings_the_later_counts(
    imports: Imports, first: str, second: str, counts: float, in_one_file: bool
) -> None:
    """One without a time replaces what a file said; importing all again changes nothing."""
    texts = [RATINGS + f"{first}\n{second}\n"] if in_one_file else [RATINGS + first, RATINGS + second]
    for text in texts:
        imports.import_texts(None, text)
    assert rating_of(imports) == counts
    events = repr(imports.events)
    imports.import_texts(None, texts[-1])
    assert repr(imports.events) == events


def test_a_file_without_times_never_replaces_what_the_reader_did_here(imports: Imports) -> None:
    """The rating that came by a call stays; one of a file that is later replaces it."""
    here = Interaction(id="here", reader_id=1, book_id=1, kind=InteractionKind.RATING, value=2.0, occurred_at=NOW)
    with imports.store.write() as work:
        work.interactions.add([here])
        work.commit()
    imports.import_texts(None, RATINGS + "1,1,rating,5,\n")
    imports.import_texts(None, RATINGS + "1,1,rating,5,2025-12-31\n")
    assert rating_of(imports) == 2.0
    imports.import_texts(None, RATINGS + "1,1,rating,5,2026-01-02\n")
    assert rating_of(imports) == 5.0


def test_a_correction_may_be_corrected_back(imports: Imports) -> None:
    """The last imported rating without a time counts, also one that was imported before."""
    for value in (1, 5, 1):
        imports.import_texts(None, RATINGS + f"1,1,rating,{value},\n")
        assert rating_of(imports) == value


def test_what_a_file_does_not_say_stays(imports: Imports) -> None:
    """An absent column changes nothing, an empty cell empties, an unreadable one keeps what was there."""
    imports.import_texts(BOOKS, None)
    imports.import_texts("book_id,title,year,subjects\n1,Dune!,next year,\n", None)
    before = Book(id=1, title="Dune!", authors=("Frank Herbert",), year=1965, added_on=TODAY)
    sf = Category.SCIENCE_FICTION
    assert imports.books[1] == replace(
        before,
        categories=(sf, Category.CLASSICS),
        published_on=date(1965, 8, 1),
        work="3634639",
        ratings_count=494_879,
        average_rating=4.19,
    )
    imports.import_texts("book_id,authors\n1\n", None)
    assert imports.books[1].authors == ("Frank Herbert",)


def test_a_new_book_needs_a_title(imports: Imports) -> None:
    """A file without titles updates books; a new book without title and ISBN is refused."""
    imports.import_texts(BOOKS, None)
    imports.import_texts("book_id,year\n1,1966\n4,2000\n", None)
    assert imports.books[1].year == 1966
    assert 4 not in imports.books
    assert imports.rejected("books.csv") == [["3", "neither title nor isbn is given", "4"]]


def test_ids_of_any_kind(imports: Imports) -> None:
    """The same id has the same number in both files and in later imports; numbers are in the range of imports."""
    books = "book_id,title\nB000FC1PJI,Kindle Dune\n0441013597,Dune\n3000000000,Big\n5,Five\n"
    history = "user_id,book_id\na@example.org,B000FC1PJI\nA-1,9780441013593\nA-1,5.0\n"
    imports.import_texts(books, history)
    titles = {book_id: book.title for book_id, book in imports.books.items()}
    assert [titles[event.book_id] for event in imports.events] == ["Kindle Dune", "Dune", "Five"]
    assert imports.events[1].reader_id == imports.events[2].reader_id
    assert all(book_id == 5 or 1_500_000_000 <= book_id < 2**31 for book_id in titles)
    events = repr(imports.events)
    imports.import_texts(books, history)
    assert repr(imports.events) == events


def test_a_hopeless_file_stores_nothing(imports: Imports) -> None:
    """More than half of the rows refused, or none read: nothing of either file is stored."""
    with pytest.raises(InvalidFile, match="2 of 3 rows were refused; nothing was stored"):
        imports.import_texts(BOOKS, "user_id,book_id,kind\n1,1,view\n1,2,danced\n2,1,sung\n")
    with pytest.raises(InvalidFile, match="no row could be read; nothing was stored"):
        imports.import_texts(BOOKS, "user_id,book_id\n")
    assert (imports.books, imports.events) == ({}, [])


def test_a_dry_run_stores_nothing(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what is understood, and neither stores, nor writes rejects, nor numbers ids."""
    files = Files(
        books=imports.file("books.csv", "book_id,title\nx,Dune\n,No id\n"),
        interactions=imports.file("h.csv", HISTORY),
        dry_run=True,
    )
    with IdsFile(imports.folder / "ids") as ids:
        Importer(imports.store, ids, rejects=imports.rejects).run(files)
    assert (imports.books, imports.events) == ({}, [])
    assert not imports.rejects.exists()
    assert not (imports.folder / "ids").exists()
    output = capsys.readouterr().out
    assert "books.csv: 2 rows, 1 books, 1 rows refused" in output
    assert output.rstrip().endswith("nothing was stored")
