"""Exports of books from readers' sites and libraries are recognised by their headers."""

from datetime import date
from decimal import Decimal

from bookfiles.values.prices import Price
from tests.bookfiles.columns import exports
from tests.bookfiles.files import books_of, filled

ISBN = "9780441013593"


def test_goodreads() -> None:
    """Excel's quotes around ISBNs, several authors, and shelves."""
    dune = {
        "Book Id": "234225",
        "Title": "Dune (Dune, #1)",
        "Author": "Frank Herbert",
        "Author l-f": "Herbert, Frank",
        "Additional Authors": "Ann One, Bob Two",
        "ISBN": '="0441013597"',
        "ISBN13": '="9780441013593"',
        "My Rating": "1",
        "Average Rating": "4.27",
        "Year Published": "2005",
        "Original Publication Year": "1965",
        "Bookshelves": "fantasy, desert",
    }
    for header in (exports.GOODREADS, exports.GOODREADS_OLD):
        read = books_of(filled(header, dune, {"Book Id": "2", "Title": "Emma", "ISBN": '=""', "ISBN13": '=""'}))
        assert [record.id for record in read.records] == [234225, 2]
        values = read.records[0].values
        assert (values["title"], values["isbn"], values["year"]) == ("Dune (Dune, #1)", ISBN, 2005)
        assert values["authors"] == ("Frank Herbert", "Ann One", "Bob Two")
        assert read.records[1].values["isbn"] == ""
        assert read.meanings["Bookshelves"] == "shelves"
        assert values["average_rating"] == 4.27
        assert "My Rating" not in read.meanings
        assert read.left_empty == {}


def test_storygraph() -> None:
    """One column is both id and ISBN; a book without one is refused, and named."""
    dune = {
        "Title": "Dune",
        "Authors": "Frank Herbert, Ann One",
        "ISBN/UID": ISBN,
        "Tags": "desert",
        "Star Rating": "1",
    }
    own = {"Title": "Zine", "ISBN/UID": "a1b2c3"}
    read = books_of(filled(exports.STORYGRAPH, dune, own, dune | {"ISBN/UID": ""}))
    assert [record.id for record in read.records] == [ISBN, "a1b2c3"]
    assert read.records[0].values["authors"] == ("Frank Herbert", "Ann One")
    assert read.refused == {4: "ISBN/UID is empty"}
    assert read.meanings["ISBN/UID"] == "book_id, isbn"
    assert "Star Rating" not in read.meanings


def test_librarything() -> None:
    """Tabs, names as `Last, First`, ISBNs in brackets, and dates with marks."""
    dune = {
        "Book Id": "12345",
        "Title": "Dune",
        "Primary Author": "Herbert, Frank",
        "Secondary Author": "Roe, John Q.",
        "Date": "2005",
        "Summary": "Dune by Frank Herbert (2005)",
        "ISBN": "[0441013597]",
        "ISBNs": "0441013597, 9780441013593",
        "Subjects": "Deserts > Fiction",
        "Work id": "3937",
        "List Price": "$9.99",
        "Rating": "1",
        "Copies": "1",
    }
    read = books_of(
        filled(
            exports.LIBRARYTHING,
            dune,
            {"Book Id": "2", "Title": "Emma", "Date": "c1998", "ISBN": "[]"},
            delimiter="\t",
        )
    )
    values = read.records[0].values
    assert values["authors"] == ("Herbert, Frank", "Roe, John Q.")
    assert (values["isbn"], values["year"], values["work"]) == (ISBN, 2005, "3937")
    assert values["price"] == Price(Decimal("9.99"), "USD")
    assert read.records[1].values["year"] == 1998
    assert "Rating" not in read.meanings
    assert read.report.notes == ["authors are written as Last, First"]
    assert read.left_empty == {}


def test_calibre() -> None:
    """Its own ids, HTML, identifiers, and a date that stands for none."""
    dune = {
        "id": "7",
        "title": "Dune",
        "authors": "Frank Herbert & Ann One",
        "comments": "<div><p>Sand.</p><p>Spice.</p></div>",
        "identifiers": "goodreads:234225,isbn:9780441013593",
        "pubdate": "2005-08-02T07:00:00+00:00",
        "cover": "/home/ann/cover.jpg",
        "rating": "1",
    }
    other = {"id": "8", "title": "Emma", "pubdate": "0101-01-01T00:00:00+00:00"}
    read = books_of("\ufeff" + filled(exports.CALIBRE, dune, other))
    values = read.records[0].values
    assert (read.records[0].id, values["isbn"], values["description"]) == (7, ISBN, "Sand. Spice.")
    assert values["authors"] == ("Frank Herbert", "Ann One")
    assert values["published_on"] == date(2005, 8, 2)
    assert read.records[1].values["published_on"] is None
    assert "year" not in read.records[1].values
    assert "rating" not in read.meanings
    assert list(read.left_empty) == ["cover"]
