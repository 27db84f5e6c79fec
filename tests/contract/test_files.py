"""Both services come to the same books and the same opinions from the files that people have."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.ids import IdKind, IdsFile
from bookfiles.imports import Files
from marketplace.domain.books import Book as ShopBook
from marketplace.domain.interactions import Ratings
from marketplace.domain.money import Money
from marketplace.store import Store as ShopStore
from marketplace.store import open_store
from marketplace.usecases.catalogue.imports import Importer as ShopImporter
from recommendations.domain.books import Book
from recommendations.domain.interactions import InteractionKind
from recommendations.imports import Importer
from recommendations.store import Store
from servicekit.database.engine import open_engine
from tests.field_cases import field_case

NOW = datetime(2026, 11, 29, tzinfo=UTC)
PURCHASE, RATING = InteractionKind.PURCHASE, InteractionKind.RATING


@dataclass(frozen=True)
class Pair:
    """Both services, empty at first, with one file of ids."""

    recommendations: Store
    shop: ShopStore
    ids: IdsFile
    folder: Path

    def load(self, books: Path | None = None, interactions: Path | None = None) -> None:
        """Import into both; the books are then the same, and so is who has what."""
        files = Files(books=books, interactions=interactions)
        Importer(self.recommendations, self.ids, rejects=self.folder / "r", clock=lambda: NOW).run(files)
        ShopImporter(self.shop, self.ids, rejects=self.folder / "m").run(files)
        assert {id_: facts(book) for id_, book in self.books().items()} == {
            id_: facts(book) for id_, book in self.shop_books().items()
        }
        for book_id in self.shop_books():
            values = {event.reader_id: event.value for event in self.events() if event.book_id == book_id}
            ratings = [value for value in values.values() if value]
            mean = sum(round(value * 2) for value in ratings) / len(ratings) / 2 if ratings else 0.0
            assert self.ratings(book_id) == Ratings(len(ratings), mean)
            with self.shop.read() as work:
                assert work.books.cards([book_id])[book_id].readers == len(values)

    def books(self) -> dict[int, Book]:
        with self.recommendations.read() as work:
            return {book.id: book for book in work.books.changed_since(0)[0]}

    def shop_books(self) -> dict[int, ShopBook]:
        with self.shop.read() as work:
            return {stored.book.id: stored.book for stored in work.all_books.after(0, limit=1000)}

    def events(self) -> list[Any]:
        with self.recommendations.read() as work:
            return [event for chunk in work.interactions.events_after(0) for event in chunk]

    def opinions(self) -> dict[tuple[int, int], tuple[InteractionKind, float]]:
        """By reader and book the last thing that counts."""
        return {
            (event.reader_id, event.book_id): (InteractionKind(event.kind), event.value) for event in self.events()
        }

    def ratings(self, book_id: int) -> Ratings:
        with self.shop.read() as work:
            return work.interactions.ratings(book_id)


def facts(book: Book | ShopBook) -> tuple[Any, ...]:
    """What both services keep of a book."""
    categories = tuple(int(category) for category in book.categories)
    said = (book.title, book.authors, book.year, book.isbn, categories, book.subjects, book.published_on, book.work)
    return *said, book.ratings_count, book.average_rating


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both services on SQLite."""
    recommendations = Store(open_engine(f"sqlite:///{tmp_path / 'recommendations.db'}"))
    shop = open_store(f"sqlite:///{tmp_path / 'marketplace.db'}")
    recommendations.migrate()
    shop.migrate()
    with IdsFile(tmp_path / "ids") as ids:
        yield Pair(recommendations, shop, ids, tmp_path)
    recommendations.close()
    shop.close()


def loaded(pair: Pair, name: str) -> dict[int, ShopBook]:
    pair.load(books=field_case(name))
    return pair.shop_books()


HISTORIES: dict[str, dict[tuple[int, int], tuple[InteractionKind, float]]] = {
    "rating-column.csv": {(1, 1): (RATING, 1), (1, 2): (RATING, 5), (2, 1): (RATING, 1)},
    "ratings-0-10.csv": {(1, 1): (RATING, 5), (1, 2): (RATING, 2), (1, 3): (PURCHASE, 0)},
    "rerated.csv": {(1, 1): (RATING, 5)},
    "goodreads-history.csv": {(1, 234225): (RATING, 5), (1, 2): (PURCHASE, 0)},
    "float-ids.csv": {(276729, 1): (RATING, 5)},
    "epoch.csv": {(1, 1): (PURCHASE, 0), (1, 2): (PURCHASE, 0)},
}


@pytest.mark.parametrize("name", HISTORIES)
def test_histories(pair: Pair, name: str) -> None:
    """Ratings keep their sense, 0 is read and not rated, and importing again changes nothing."""
    for _ in range(2):
        pair.load(field_case("two-books.csv"), field_case(name))
        assert pair.opinions() == HISTORIES[name]


def test_times_of_a_history(pair: Pair) -> None:
    """Slashed dates, seconds and milliseconds since 1970."""
    for name in ("goodreads-history.csv", "epoch.csv"):
        pair.load(field_case("two-books.csv"), field_case(name))
    times = {(event.reader_id, event.book_id): event.happened for event in pair.events()}
    assert times[1, 234225] == datetime(2020, 10, 25, tzinfo=UTC).timestamp()
    assert times[1, 1] == pytest.approx(1112486027, abs=0.01)
    assert [event.happened for event in pair.events() if event.book_id == 2] == [
        datetime(2020, 3, 6, tzinfo=UTC).timestamp(),
        pytest.approx(1601011223.456, abs=0.01),
    ]


def test_a_corrected_history(pair: Pair) -> None:
    """The corrected rating counts."""
    for name, value in (("corrected-1.csv", 1.0), ("corrected-2.csv", 5.0)):
        pair.load(field_case("two-books.csv"), field_case(name))
        assert pair.opinions() == {(1, 1): (RATING, value)}


def test_the_far_future(pair: Pair) -> None:
    """A date of 9999 is refused; the other rows are kept."""
    pair.load(field_case("two-books.csv"), field_case("future.csv"))
    assert len(pair.events()) == 58
    assert max(event.happened for event in pair.events()) < NOW.timestamp()


@pytest.mark.parametrize("name", ["semicolon.csv", "tab.tsv"])
def test_delimiters(pair: Pair, name: str) -> None:
    """Semicolons with decimal commas, and tabs."""
    book = loaded(pair, name)[1]
    assert (book.title, book.authors) == ("Die Verwandlung", ("Franz Kafka",))
    assert book.price == (Money(999, "EUR") if name == "semicolon.csv" else None)


def test_an_old_encoding(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    """Cyrillic letters of Windows are read, and the encoding is said."""
    books = loaded(pair, "cp1251.csv")
    assert [book.title for book in books.values()] == ["Мастер и Маргарита", "Dune"]
    assert "windows-1251" in capsys.readouterr().out


def test_blank_columns_and_short_rows(pair: Pair) -> None:
    """Columns without a name and missing last fields do no harm."""
    assert [book.title for book in loaded(pair, "blank-columns.csv").values()] == ["Dune", "Emma"]
    assert loaded(pair, "short-rows.csv")[2].description == "Matchmaking"


def test_isbns(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    """Excel's form is cleaned; lost digits are named, and no ISBN is stored."""
    assert loaded(pair, "goodreads-isbn.csv")[234225].isbn == "9780441013593"
    assert pair.shop_books()[2].isbn == ""
    capsys.readouterr()
    books = loaded(pair, "isbn-e12.csv")
    assert (books[1].title, books[1].isbn, books[2].isbn) == ("First Novel", "", "")
    assert not any("E+12" in book.title for book in books.values())
    assert "has lost digits before it came into this file" in capsys.readouterr().out


def test_authors_and_entities(pair: Pair) -> None:
    """Several authors; `Last, First` of one stays one; HTML entities are characters."""
    assert [book.authors for book in loaded(pair, "authors-comma.csv").values()] == [
        ("Terry Pratchett", "Neil Gaiman"),
        ("Terry Pratchett",),
        ("Pratchett, Terry",),
        ("Terry Pratchett", "Neil Gaiman"),
    ]
    books = loaded(pair, "html-entities.csv")
    assert (books[20101].title, books[20101].authors) == ("Tom & Jerry", ("Simon & Schuster Staff",))
    assert (books[20102].title, books[20102].authors) == ("Café Life", ("René Test",))


def test_prices(pair: Pair) -> None:
    """What can be read is, and what cannot is left empty: no book is lost."""
    prices = [book.price for book in loaded(pair, "prices.csv").values()]
    assert prices == [
        *(Money(999, "EUR"), Money(999, "USD"), Money(999, "EUR"), Money(129900, "USD"), None, Money(999, "EUR")),
        *(Money(1200, "JPY"), None, Money(3250, "KWD"), Money(129900, "RUB"), Money(0, "EUR"), Money(50, "EUR")),
        *(None, Money(30000, "RUB"), None, None, Money(999, "EUR"), None),
    ]


def test_dates(pair: Pair) -> None:
    """Every book is kept; what cannot be read for sure is left empty."""
    day = date(2008, 5, 1)
    assert [(book.published_on, book.year) for book in loaded(pair, "dates.csv").values()] == [
        *((date(2024, 12, 31), 2024), (None, 2008), (None, 2008), (day, 2008)),
        *((None, None), (day, 2008), (date(2024, 12, 31), 2024), (day, 2008)),
    ]


def test_years(pair: Pair) -> None:
    """Marks are understood; nought, two digits and 9999 are left empty."""
    years = [book.year for book in loaded(pair, "years.csv").values()]
    assert years == [None, 1984, 1984, 1984, 1984, 1984, None, None, 1984]


def test_pictures(pair: Pair) -> None:
    """The first address that a browser can load."""
    assert [book.picture for book in loaded(pair, "pictures.csv").values()] == [
        *("https://example.com/a.jpg", "", "https://example.com/a.jpg", "https://example.com/a.jpg", ""),
    ]


def test_a_list_of_prices_changes_prices(pair: Pair, tmp_path: Path) -> None:
    """Authors, year, categories, subjects and stock stay as they are."""
    books = tmp_path / "books.csv"
    books.write_text(
        "book_id,title,authors,year,categories,subjects,price,currency,stock\n"
        "30,The Thursday Murder Club,Richard Osman,2020,Mystery,retirement,9.99,EUR,5\n",
        encoding="utf-8",
    )
    pair.load(books=books)
    (before,) = pair.shop_books().values()
    after = loaded(pair, "price-update.csv")[30]
    assert (after.price, before.price) == (Money(777, "EUR"), Money(999, "EUR"))
    assert (facts(after), after.stock) == (facts(before), 5)


def test_ratings_elsewhere(pair: Pair, tmp_path: Path) -> None:
    """Their number and average are converted, an unreadable one is left out, and importing again changes nothing."""
    books = tmp_path / "books.csv"
    books.write_text(
        'book_id,title,numRatings,Average Rating\n1,A,"4,780,653",8.68\n2,B,12.0,7\n3,C,few,good\n4,D,0,0\n',
        encoding="utf-8",
    )
    pair.load(books=books)
    stored = pair.books()
    assert [(book.ratings_count, book.average_rating) for book in stored.values()] == [
        *((4_780_653, 4.34), (12, 3.5), (0, 0.0), (0, 0.0)),
    ]
    with pair.recommendations.read() as work:
        revision = work.books.revision()
    pair.load(books=books)
    with pair.recommendations.read() as work:
        assert work.books.revision() == revision
    assert pair.books() == stored


def test_ids_of_any_kind(pair: Pair) -> None:
    """ISBN, ASIN, UUID and great numbers are ids, the same in both services and in later imports."""
    books = loaded(pair, "ids-isbn.csv")
    assert {book.external_id for book in books.values()} == {
        *("9780441013593", "B000FC1PJI", "7b8d9a52-6c0e-4c8e-9b54-2c9d3f7b1e11", "3000000000"),
    }
    assert all(1_500_000_000 <= id_ < 2**31 for id_ in books)
    assert loaded(pair, "ids-isbn.csv") == books
    assert pair.ids.numbers(IdKind.BOOK, ["B000FC1PJI"])["B000FC1PJI"] in books


def test_genres(pair: Pair) -> None:
    """BISAC headings and names of genres in English and Russian find their category."""
    categories = [{category.name for category in book.categories} for book in loaded(pair, "bisac.csv").values()]
    assert categories == [
        {"THRILLER"},
        {"FICTION", "THRILLER"},
        {"SCIENCE_FICTION", "MYSTERY"},
        {"YOUNG_ADULT", "FANTASY"},
        {"HUMOR", "CHILDREN"},
    ]


def test_a_column_that_counts_is_never_dropped_in_silence(pair: Pair, tmp_path: Path) -> None:
    """The file is refused with the line to write, and nothing of either file is stored."""
    history = tmp_path / "h.csv"
    history.write_text("user_id,book_id,my opinion of it\n1,1,3\n1,2,1\n2,1,2\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match='--map "my opinion of it=rating"'):
        pair.load(field_case("two-books.csv"), history)
    assert pair.shop_books() == {}
