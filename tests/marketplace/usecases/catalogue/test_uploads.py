"""Imports of files that moderators upload."""

import gzip
import io

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.ids import UnsharedIds
from bookfiles.reading.report import NOT_USED
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.events import BookChanged
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.store.readers import HistoryEntry
from marketplace.usecases.catalogue.uploads import MAX_REPORTED, Uploads
from tests.marketplace.ordering import log_of, moderator_of

HEADER = "book_id,title,categories,price,currency,stock,colour\n"
GOOD = HEADER + "7,Dune,Classics;Blorp,9.99,EUR,3,red\n8,Emma,,,,,\n"


@pytest.fixture
def by(store: Store) -> int:
    """A moderator."""
    return moderator_of(store)


def file_of(text: str, *, gzipped: bool = False) -> io.BytesIO:
    return io.BytesIO(gzip.compress(text.encode()) if gzipped else text.encode())


@pytest.mark.parametrize("gzipped", [False, True])
def test_an_upload_is_imported_sent_and_logged(store: Store, by: int, gzipped: bool) -> None:
    """Unused columns and unknown categories are reported; each changed book has an event, the upload a log entry."""
    dropped: list[int] = []
    report = Uploads(store, UnsharedIds(), changed=dropped.extend).books(
        by, "books.csv", file_of(GOOD, gzipped=gzipped)
    )
    assert (report.good, report.changed, report.rejected) == (2, 2, 0)
    assert [column.name for column in report.columns if column.meaning == NOT_USED] == ["colour"]
    assert report.unknown_categories == [("Blorp", 1)]
    with store.read() as work:
        assert work.books.get(7).categories == (Category.CLASSICS,)
        assert [row.event() for row in work.outbox.waiting(10)] == [BookChanged(7), BookChanged(8)]
    assert dropped == [7, 8]
    entry = log_of(store)[0]
    assert (entry.action, entry.subject) == (Action.BOOKS_IMPORTED, "books.csv")
    assert entry.detail == {"good": 2, "changed": 2, "refused": 0}


def test_a_second_upload_changes_nothing(store: Store, by: int) -> None:
    """Events are written for changed books only."""
    uploads = Uploads(store, UnsharedIds())
    uploads.books(by, "books.csv", file_of(GOOD))
    assert uploads.books(by, "books.csv", file_of(GOOD)).changed == 0
    assert uploads.books(by, "books.csv", file_of(GOOD.replace("Emma", "Emma II"))).changed == 1
    with store.read() as work:
        assert [row.event() for row in work.outbox.waiting(10)] == [BookChanged(7), BookChanged(8), BookChanged(8)]


def test_rejected_rows_do_not_stop_the_rest(store: Store, by: int) -> None:
    """The first ones are listed with line and reason, and all are counted."""
    bad = ",No id,,,,,\n" * (MAX_REPORTED + 5)
    good = "".join(f"{number},Good,,,,,\n" for number in range(1, MAX_REPORTED + 10))
    report = Uploads(store, UnsharedIds()).books(by, "books.csv", file_of(f"{HEADER}{bad}{good}999,,,,,,\n"))
    assert (report.good, report.changed, report.rejected) == (MAX_REPORTED + 9, MAX_REPORTED + 9, MAX_REPORTED + 6)
    assert len(report.rejects) == MAX_REPORTED
    assert report.rejects[0] == (2, "book_id is empty")


def test_a_hopeless_file_changes_nothing(store: Store, by: int) -> None:
    """More than half of the rows refused: the message has the numbers and an example."""
    bad = f"{HEADER},a,,,,,\n,b,,,,,\n5,c,,,,,\n"
    with pytest.raises(InvalidFile, match="2 of 3 rows were refused; line 2: book_id is empty"):
        Uploads(store, UnsharedIds()).books(by, "books.csv", file_of(bad))
    assert log_of(store) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no column is known to be an id"),
        (b"name,author\nDune,Frank\n", "no column is known to be an id"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-9], "gzip"),
        (b"\x1f\x8bnothing", "gzip"),
        pytest.param(gzip.compress(b" " * 3_000_000), "decompressed", id="gzip bomb"),
        pytest.param(b" " * 3_000_000, "decompressed", id="too large"),
    ],
)
def test_an_invalid_file_changes_nothing(store: Store, by: int, content: bytes, reason: str) -> None:
    """The message is one line: the file is no CSV, truncated, or too large when decompressed."""
    with pytest.raises(InvalidFile, match=reason) as refused:
        Uploads(store, UnsharedIds(), max_bytes=2_000_000).books(by, "books.csv", io.BytesIO(content))
    assert "\n" not in str(refused.value)
    assert log_of(store) == []


def test_readers_of_new_books_are_counted(store: Store, by: int) -> None:
    """Readers in an earlier imported history count."""
    with store.write() as work:
        work.history.add([HistoryEntry(1, 7), HistoryEntry(2, 7)])
        work.commit()
    Uploads(store, UnsharedIds()).books(by, "books.csv", file_of(GOOD))
    with store.read() as work:
        assert work.books.cards([7])[7].readers == 2


def test_hidden_books_stay_hidden(store: Store, by: int) -> None:
    """An upload changes their attributes only."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Old")])
        work.all_books.hide(Book(id=7, title="Old"))
        work.commit()
    Uploads(store, UnsharedIds()).books(by, "books.csv", file_of(GOOD))
    with store.read() as work:
        assert (work.all_books.get(7).book.title, work.all_books.get(7).is_hidden) == ("Dune", True)
        assert work.search.find("dune", limit=5).cards == ()


def test_a_file_name_is_logged_safely(store: Store, by: int) -> None:
    """Only printable characters, truncated."""
    Uploads(store, UnsharedIds()).books(by, "../\0\r\n" + "é" * 500, file_of(GOOD))
    assert log_of(store)[0].subject == "../" + "é" * 97
