"""Files as people have them, which are kept beside the folder of real data."""

import csv
import io
import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookfiles.form.files import open_table
from tests.bookfiles.files import Read, books_of, interactions_of

FOLDER = Path(os.environ.get("BOOK_DATA", "/nonexistent")).parent / "field-cases"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"needs the folder {FOLDER.name} beside that of BOOK_DATA"
)

ISBN = "9780441013593"


def attributes(name: str) -> Callable[[Read[Any]], Any]:
    """Reads the values of one attribute, a row each."""
    return lambda read: [_plain(record.values.get(name, "absent")) for record in read.records]


def _plain(value: Any) -> Any:
    return f"{value.amount} {value.currency}" if hasattr(value, "amount") else value


def opinions(read: Read[Any]) -> list[tuple[str, float]]:
    """What readers did."""
    return [(record.kind, record.value) for record in read.records]


def moments(read: Read[Any]) -> list[datetime | None]:
    """When they did it."""
    return [record.occurred_at for record in read.records]


BOOKS: Mapping[str, tuple[Callable[[Read[Any]], Any], Any]] = {
    "authors-comma.csv": (
        attributes("authors"),
        [
            ("Terry Pratchett", "Neil Gaiman"),
            ("Terry Pratchett",),
            ("Pratchett, Terry",),
            ("Terry Pratchett", "Neil Gaiman"),
        ],
    ),
    "blank-columns.csv": (attributes("authors"), [("Frank Herbert",), ("Jane Austen",)]),
    "cp1251.csv": (attributes("authors"), [("Михаил Булгаков",), ("Frank Herbert",)]),
    "dates.csv": (
        attributes("published_on"),
        [
            date(2024, 12, 31),
            None,
            None,
            date(2008, 5, 1),
            "absent",
            date(2008, 5, 1),
            date(2024, 12, 31),
            date(2008, 5, 1),
        ],
    ),
    "goodreads-isbn.csv": (attributes("isbn"), [ISBN, ""]),
    "html-entities.csv": (attributes("authors"), [("Simon & Schuster Staff",), ("René Test",)]),
    "isbn-e12.csv": (attributes("isbn"), ["absent"] * 3),
    "pictures.csv": (
        attributes("picture"),
        ["https://example.com/a.jpg", "absent", "https://example.com/a.jpg", "https://example.com/a.jpg", "absent"],
    ),
    "price-update.csv": (attributes("price"), ["7.77 EUR"]),
    "prices.csv": (
        attributes("price"),
        [
            *("9.99 EUR", "9.99 USD", "9.99 EUR", "1299.00 USD", "absent", "9.99 EUR", "1200 JPY", "absent"),
            *("3.250 KWD", "1299.00 RUB", "0.00 EUR", "0.50 EUR", "absent", "300.00 RUB", None, "absent"),
            *("9.99 EUR", "absent"),
        ],
    ),
    "semicolon.csv": (attributes("price"), ["9.99 EUR"]),
    "short-rows.csv": (attributes("description"), ["absent", "Matchmaking"]),
    "tab.tsv": (attributes("authors"), [("Franz Kafka",)]),
    "years.csv": (attributes("year"), ["absent", 1984, 1984, 1984, 1984, 1984, "absent", "absent", 1984]),
}
INTERACTIONS: Mapping[str, tuple[Callable[[Read[Any]], Any], Any]] = {
    "corrected-1.csv": (opinions, [("rating", 1.0)]),
    "corrected-2.csv": (opinions, [("rating", 5.0)]),
    "epoch.csv": (
        moments,
        [datetime(2005, 4, 2, 23, 53, 47, tzinfo=UTC), datetime(2020, 9, 25, 5, 20, 23, 456_000, tzinfo=UTC)],
    ),
    "float-ids.csv": (opinions, [("rating", 5.0)]),
    "future.csv": (lambda read: max(filter(None, moments(read))) < datetime(2027, 1, 1, tzinfo=UTC), True),
    "goodreads-history.csv": (
        lambda read: list(zip(opinions(read), moments(read), strict=True)),
        [
            (("rating", 5.0), datetime(2020, 10, 25, tzinfo=UTC)),
            (("purchase", 0.0), datetime(2020, 3, 6, tzinfo=UTC)),
        ],
    ),
    "rating-column.csv": (opinions, [("rating", 1.0), ("rating", 5.0), ("rating", 1.0)]),
    "ratings-0-10.csv": (opinions, [("rating", 5.0), ("rating", 2.0), ("purchase", 0.0)]),
    "rerated.csv": (opinions, [("rating", 1.0), ("rating", 5.0)]),
}


@pytest.mark.parametrize("name", BOOKS)
def test_books(name: str) -> None:
    """Every book is kept; what can be read is, and what cannot is left empty."""
    see, expected = BOOKS[name]
    read = books_of((FOLDER / name).read_bytes())
    assert see(read) == expected
    assert read.refused == {}
    assert bool(read.left_empty) == ("absent" in expected and name != "short-rows.csv")


@pytest.mark.parametrize("name", INTERACTIONS)
def test_interactions(name: str) -> None:
    """Ratings are ratings of five, and only what is in the future is refused."""
    see, expected = INTERACTIONS[name]
    read = interactions_of((FOLDER / name).read_bytes())
    assert see(read) == expected
    assert bool(read.refused) == (name in {"epoch.csv", "future.csv"})


def test_ids() -> None:
    """ISBNs are ISBN-13, and others are themselves."""
    read = books_of((FOLDER / "ids-isbn.csv").read_bytes())
    uuid = "7b8d9a52-6c0e-4c8e-9b54-2c9d3f7b1e11"
    assert [record.id for record in read.records] == [ISBN, "B000FC1PJI", uuid, "3000000000"]


def test_forms() -> None:
    """The encoding and the delimiter are said."""
    forms = {name: books_of((FOLDER / name).read_bytes()).report.form for name in ("cp1251.csv", "tab.tsv")}
    assert forms == {
        "cp1251.csv": "separated by commas, windows-1251",
        "tab.tsv": "separated by tabs, UTF-8",
    }


def changed(content: bytes, order: Callable[[int], list[int]], first_id: int) -> bytes:
    """The same file with its columns in another order, and other ids and titles."""
    with open_table(Path("x"), opened=io.BytesIO(content)) as table:
        encoding = "cp1251" if "1251" in table.form else "utf-8"
        delimiter = {"commas": ",", "tabs": "\t", "semicolons": ";"}[table.form.split()[2].rstrip(",")]
        rows = [list(row.fields) for row in table.rows(lambda *_: None)]
        names = list(table.header)
    ids: dict[str | None, str] = {}
    for row in rows:
        for position, name in enumerate(names):
            field = row[position]
            if name in {"book_id", "user_id"} and field:
                row[position] = ids.setdefault(field, str(first_id + len(ids)))
            elif name == "title" and field:
                row[position] = field[::-1]
    whole = all(None not in row for row in rows)
    places = order(len(names)) if whole else list(range(len(names)))
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow([names[place] for place in places])
    writer.writerows([[row[place] for place in places if row[place] is not None] for row in rows])
    return written.getvalue().encode(encoding)


@pytest.mark.parametrize("name", [*BOOKS, *INTERACTIONS])
@settings(max_examples=15)
@given(data=st.data())
def test_names_order_ids_and_titles_do_not_matter(name: str, data: st.DataObject) -> None:
    """Values decide, not the name of the file, the places of columns, or which books these are."""
    see, expected = {**BOOKS, **INTERACTIONS}[name]
    content = changed(
        (FOLDER / name).read_bytes(),
        lambda width: data.draw(st.permutations(range(width))),
        data.draw(st.integers(1, 900_000_000)),
    )
    read = books_of(content) if name in BOOKS else interactions_of(content)
    assert see(read) == expected
