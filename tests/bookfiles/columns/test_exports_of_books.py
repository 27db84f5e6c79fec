"""Exports of books are recognised by their headers."""

from datetime import date
from decimal import Decimal

from bookfiles.values.prices import Price
from tests.bookfiles.columns import exports
from tests.bookfiles.files import books_of, csv_of, filled

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
        assert "My Rating" not in read.meanings
        assert read.left_empty == {}


def test_storygraph() -> None:
    """One column is both id and ISBN; a book without one is refused, and named."""
    dune = {"Title": "Dune", "Authors": "Frank Herbert, Ann One", "ISBN/UID": ISBN, "Tags": "desert"}
    own = {"Title": "Zine", "ISBN/UID": "a1b2c3"}
    read = books_of(filled(exports.STORYGRAPH, dune, own, dune | {"ISBN/UID": ""}))
    assert [record.id for record in read.records] == [ISBN, "a1b2c3"]
    assert read.records[0].values["authors"] == ("Frank Herbert", "Ann One")
    assert read.refused == {4: "ISBN/UID is empty"}
    assert read.meanings["ISBN/UID"] == "book_id, isbn"


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
    }
    other = {"id": "8", "title": "Emma", "pubdate": "0101-01-01T00:00:00+00:00"}
    read = books_of("\ufeff" + filled(exports.CALIBRE, dune, other))
    values = read.records[0].values
    assert (read.records[0].id, values["isbn"], values["description"]) == (7, ISBN, "Sand. Spice.")
    assert values["authors"] == ("Frank Herbert", "Ann One")
    assert values["published_on"] == date(2005, 8, 2)
    assert read.records[1].values["published_on"] is None
    assert "year" not in read.records[1].values
    assert list(read.left_empty) == ["cover"]


def test_shopify_products() -> None:
    """Variants are books of their own with what their product says; rows of pictures are skipped, not refused."""
    dune = {
        "Handle": "dune",
        "Title": "Dune",
        "Body (HTML)": '<meta charset="utf-8"><p>Sand.</p><p>Spice.</p>',
        "Published": "true",
        "Variant SKU": "SKU-1",
        "Variant Inventory Qty": "-2",
        "Variant Price": "9.99",
        "Variant Barcode": "'9780441013593",
        "Image Src": "https://cdn.example/1.jpg",
    }
    pictures = [{"Handle": "dune", "Image Src": f"https://cdn.example/{number}.jpg"} for number in (2, 3, 4, 5)]
    emma = {
        "Handle": "emma",
        "Title": "Emma",
        "Body (HTML)": "Matchmaking",
        "Published": "false",
        "Variant SKU": "SKU-2",
    }
    hardcover = {"Handle": "emma", "Variant SKU": "SKU-3", "Variant Price": "15.00", "Variant Inventory Qty": "4"}
    read = books_of(filled(exports.SHOPIFY_PRODUCTS, dune, *pictures, emma, hardcover), currency="EUR")
    assert [record.id for record in read.records] == ["SKU-1", "SKU-2", "SKU-3"]
    first, _, third = (record.values for record in read.records)
    assert (first["isbn"], first["stock"], first["description"]) == (ISBN, 0, "Sand. Spice.")
    assert first["picture"] == "https://cdn.example/1.jpg"
    assert (third["title"], third["description"], third["stock"]) == ("Emma", "Matchmaking", 4)
    assert third["price"] == Price(Decimal("15.00"), "EUR")
    assert "published_on" not in first
    assert dict(read.report.skipped) == {"further rows of the same book": 4}
    assert (read.refused, read.left_empty) == ({}, {})


def test_shopify_products_without_skus() -> None:
    """The handle is the id."""
    read = books_of(filled(exports.SHOPIFY_PRODUCTS, {"Handle": "dune", "Title": "Dune"}, {"Handle": "dune"}))
    assert [record.id for record in read.records] == ["dune"]
    assert read.report.skipped.total() == 1


def test_woocommerce_products() -> None:
    """Regular prices, several pictures, and a column `Published` that is no date."""
    dune = {
        "ID": "44",
        "SKU": "woo-dune",
        "GTIN, UPC, EAN, or ISBN": ISBN,
        "Name": "Dune",
        "Published": "1",
        "Short description": "<p>Short</p>",
        "Description": "<p>Long</p>",
        "Stock": "5",
        "Sale price": "7.99",
        "Regular price": "9.99",
        "Images": "https://e.com/a.jpg, https://e.com/b.jpg",
    }
    other = {"ID": "45", "SKU": "woo-emma", "Name": "Emma", "Published": "-1", "Short description": "Short"}
    read = books_of("\ufeff" + filled(exports.WOOCOMMERCE, dune, other), currency="USD")
    values = read.records[0].values
    assert (read.records[0].id, values["title"], values["isbn"], values["stock"]) == (44, "Dune", ISBN, 5)
    assert (values["description"], values["price"]) == ("Long", Price(Decimal("9.99"), "USD"))
    assert values["picture"] == "https://e.com/a.jpg"
    assert read.records[1].values["description"] == "Short"
    assert "Published" not in read.meanings
    assert read.left_empty == {}


def test_square() -> None:
    """The stock of a place has its name behind it."""
    dune = {
        "Reference Handle": "#dune",
        "Token": "ABC123",
        "Item Name": "Dune",
        "Price": "9.99",
        "Current Quantity Main Street": "5",
    }
    read = books_of(filled(exports.SQUARE, dune), currency="USD")
    (record,) = read.records
    assert (record.id, record.values["title"], record.values["stock"]) == ("#dune", "Dune", 5)
    assert read.left_empty == {}


def test_goodbooks() -> None:
    """The old header has the books' own ids in `id`, the new one in `book_id`; numbers have decimals."""
    book = {
        "best_book_id": "2767052",
        "work_id": "2792775",
        "isbn": "441013597",
        "isbn13": "9.78044101359e+12",
        "authors": "Frank Herbert, Ann One",
        "original_publication_year": "1965.0",
        "original_title": "Dune",
        "title": "Dune (Dune, #1)",
        "image_url": "https://e.com/m.jpg",
        "small_image_url": "https://e.com/s.jpg",
    }
    old = books_of(filled(exports.GOODBOOKS_OLD, {"id": "1", "book_id": "2767052"} | book))
    new = books_of(filled(exports.GOODBOOKS, {"book_id": "1", "goodreads_book_id": "2767052"} | book))
    assert old.records == new.records
    (record,) = new.records
    values = record.values
    assert (record.id, values["title"], values["year"], values["isbn"]) == (1, "Dune (Dune, #1)", 1965, ISBN)
    assert (values["work"], values["picture"]) == ("2792775", "https://e.com/m.jpg")
    assert values["authors"] == ("Frank Herbert", "Ann One")
    assert "has lost digits" in new.left_empty["isbn13"]


def test_bookcrossing() -> None:
    """Semicolons, windows-1252, escaped quotes, entities, and the year 0."""
    content = csv_of(
        exports.BOOKCROSSING,
        r'"0441013597";"Dune; \"Special\"";"Frank Herbert";"1965";"Ace";"http://e/S.jpg";"http://e/M.jpg";"http://e/L.jpg"',
        '"B0000AAAA1";"Tom &amp; J\xe9r\xf4me";"A";"0";"P";"";"";""',
    ).encode("cp1252")
    read = books_of(content)
    assert read.report.form == "separated by semicolons, windows-1252"
    first, second = read.records
    assert (first.id, second.id) == (ISBN, "B0000AAAA1")
    assert (first.values["title"], first.values["picture"]) == ('Dune; "Special"', "http://e/L.jpg")
    assert second.values["title"] == "Tom & Jérôme"
    assert set(read.left_empty) == {"ISBN", "Year-Of-Publication"}


def test_movielens_and_recbole() -> None:
    """Films are items too."""
    read = books_of(csv_of("movieId,title,genres", "1,Toy Story (1995),Adventure|Animation"))
    assert (read.records[0].id, read.meanings["genres"]) == (1, "categories")
    read = books_of(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n1\tToy Story\t1995\tx y\n"
    )
    assert read.records[0].values == {"title": "Toy Story", "year": 1995}


def test_kaggle_goodreads() -> None:
    """Authors are separated by slashes, and dates have the month first."""
    row = {
        "bookID": "1",
        "title": "T",
        "authors": "J. K. One/Mary Two",
        "isbn13": ISBN,
        "publication_date": "9/16/2006",
    }
    read = books_of(filled(exports.KAGGLE_GOODREADS, row, row | {"bookID": "2", "publication_date": "9/1/2004"}))
    assert read.records[1].values["published_on"] == date(2004, 9, 1)
    assert read.records[0].values["authors"] == ("J. K. One", "Mary Two")


def test_goodreads_in_json_lines() -> None:
    """Shelves are named objects, and numbers are text."""
    line = (
        '{"isbn": "0441013597", "popular_shelves": [{"count": "3", "name": "to-read"}, {"count": "2", "name": "fantasy"}], '
        '"authors": [{"author_id": "604031", "role": ""}], "isbn13": "9780441013593", "publication_year": "1984", '
        '"image_url": "https://e.com/a.png", "book_id": "5333265", "work_id": "5400751", "title": "W.C. Fields"}\n'
    )
    (record,) = books_of(line).records
    assert (record.id, record.values["title"], record.values["isbn"]) == (5333265, "W.C. Fields", ISBN)
    assert (record.values["year"], record.values["authors"]) == (1984, ())
