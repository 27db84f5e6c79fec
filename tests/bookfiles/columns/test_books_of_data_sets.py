"""Data sets of books are recognised by their headers."""

from datetime import date

from tests.bookfiles.columns import exports
from tests.bookfiles.files import books_of, csv_of, filled

ISBN = "9780441013593"


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
        "average_rating": "4.19",
        "ratings_count": "494879",
        "work_ratings_count": "563183",
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
    assert (values["ratings_count"], values["average_rating"]) == (494_879, 4.19)
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
        "average_rating": "4.57",
        "ratings_count": "2095690",
    }
    unrated = {"bookID": "2", "publication_date": "9/1/2004", "average_rating": "0.00", "ratings_count": "0"}
    read = books_of(filled(exports.KAGGLE_GOODREADS, row, row | unrated))
    ratings = [(record.values["ratings_count"], record.values["average_rating"]) for record in read.records]
    assert ratings == [(2_095_690, 4.57), (0, 0.0)]
    assert read.records[1].values["published_on"] == date(2004, 9, 1)
    assert read.records[0].values["authors"] == ("J. K. One", "Mary Two")


def test_goodreads_in_json_lines() -> None:
    """Shelves are named objects, and numbers are text."""
    line = (
        '{"isbn": "0441013597", "popular_shelves": [{"count": "3", "name": "to-read"}, {"name": "fantasy"}], '
        '"authors": [{"author_id": "604031", "role": ""}], "isbn13": "9780441013593", "publication_year": "1984", '
        '"average_rating": "4.00", "ratings_count": "3", "text_reviews_count": "1", '
        '"image_url": "https://e.com/a.png", "book_id": "5333265", "work_id": "5400751", "title": "W.C. Fields"}\n'
    )
    (record,) = books_of(line).records
    assert (record.id, record.values["title"], record.values["isbn"]) == (5333265, "W.C. Fields", ISBN)
    assert (record.values["year"], record.values["authors"]) == (1984, ())
    assert (record.values["ratings_count"], record.values["average_rating"]) == (3, 4.0)


def test_amazon_items_in_json_lines() -> None:
    """The number and the average of an item's ratings."""
    line = '{"parent_asin": "B000FC1PJI", "title": "Dune", "average_rating": 4.7, "rating_number": 61234}\n'
    (record,) = books_of(line).records
    assert record.values == {"title": "Dune", "ratings_count": 61_234, "average_rating": 4.7}
