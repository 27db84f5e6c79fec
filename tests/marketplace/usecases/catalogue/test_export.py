"""The catalogue as a file."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

from bookfiles.ids import IdsFile
from bookfiles.imports import Files
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.catalogue.export import export_books
from marketplace.usecases.catalogue.imports import Importer
from tests.marketplace.stored import put

DUNE = Book(
    id=7,
    title='Dune, "the" book',
    authors=("Frank Herbert", "Pratchett, Terry"),
    year=1965,
    isbn="9780441013593",
    categories=(Category.SCIENCE_FICTION, Category.FICTION),
    subjects=("deserts", "spice"),
    description="Spice.\nSand.",
    price=Money(999, "EUR"),
    stock=0,
    picture="https://a.org/b.jpg",
    published_on=date(1965, 8, 1),
    work="w1",
    ratings_count=4_780_653,
    average_rating=4.34,
)


def exported(store: Store) -> str:
    file = io.StringIO()
    export_books(store, file)
    return file.getvalue()


def test_an_export_can_be_imported(store: Store, tmp_path: Path) -> None:
    """Nothing changes, and into an empty shop the same books come, with ids of their own too; hidden ones as well."""
    books = tmp_path / "books.csv"
    books.write_text("sku,title\nB-1,Emma\n", encoding="utf-8")
    importer = Importer(store, IdsFile(tmp_path / "ids"), rejects=tmp_path / "rejects")
    importer.run(Files(books=books, interactions=None))
    put(
        store,
        DUNE,
        replace(DUNE, id=8, isbn="", price=None, stock=None, year=None, published_on=None, ratings_count=0),
    )
    with store.write() as work:
        work.all_books.hide(DUNE)
        work.commit()
    before = exported(store)
    assert [line.split(",")[0] for line in before.splitlines() if "," in line][:2] == ["book_id", "7"]
    assert "\nB-1,Emma," in before
    assert ",w1,4780653,4.34\n" in before
    books.write_text(before, encoding="utf-8")
    importer.run(Files(books=books, interactions=None))
    assert exported(store) == before
    with store.write() as work:
        for book in (stored.book for stored in work.all_books.after(0, limit=10)):
            work.all_books.remove(book.id)
        work.commit()
    importer.run(Files(books=books, interactions=None))
    assert exported(store) == before
