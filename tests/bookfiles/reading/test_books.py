"""Reading whole files of books."""

from datetime import date
from decimal import Decimal

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.values.day_orders import DayOrder
from bookfiles.values.prices import Price
from tests.bookfiles.files import books_of, csv_of, values_of
from tests.bookfiles.workbooks import workbook


def test_what_a_file_does_not_say_is_absent() -> None:
    """A missing last field keeps what was; an empty one empties it; an unreadable one keeps it."""
    rows = ["1,Dune,Frank Herbert,1965,9.99,5", "2,Emma", "3,Persuasion,,,,", "4,Sanditon,x,84,free,many"]
    one, two, three, four = (
        record.values
        for record in books_of(csv_of("book_id,title,authors,year,price,stock", *rows), currency="EUR").records
    )
    assert one == {
        "title": "Dune",
        "authors": ("Frank Herbert",),
        "year": 1965,
        "price": Price(Decimal("9.99"), "EUR"),
        "stock": 5,
    }
    assert two == {"title": "Emma"}
    assert three == {"title": "Persuasion", "authors": (), "year": None, "price": None, "stock": None}
    assert four == {"title": "Sanditon", "authors": ("x",)}


def test_columns_that_are_not_there_are_absent() -> None:
    """A file of prices changes prices alone."""
    assert books_of(csv_of("book_id,price", "1,9.99 EUR")).records[0].values == {
        "price": Price(Decimal("9.99"), "EUR")
    }


def test_one_unreadable_value_costs_that_value() -> None:
    """The book is kept, and the report says what was left empty, with an example."""
    rows = ["1,A,x,9.78E+12,31.02.2020,1e9", "2,B,1984,0441013597,2020-02-01,https://e.com/a.jpg"]
    read = books_of(csv_of("book_id,title,year,isbn,published_at,picture", *rows))
    assert len(read.records) == 2
    assert read.refused == {}
    assert read.records[0].values == {"title": "A"}
    assert {column: why.split(":")[0] for column, why in read.left_empty.items()} == dict.fromkeys(
        ["year", "isbn", "published_at", "picture"], "line 2"
    )
    assert "lost digits" in read.left_empty["isbn"]


@pytest.mark.parametrize("nothing", ["NULL", r"\N", "NaN", "nan", "None", "N/A", "#N/A", " "])
def test_words_for_no_value(nothing: str) -> None:
    """In any optional column they count as empty without complaint; an id of them is refused."""
    header = "book_id,title,authors,year,published_at,isbn,subjects,description,price,currency,stock,picture,work"
    header += ",ratings_count,average_rating"
    row = ",".join([nothing] * 13)
    read = books_of(csv_of(header, f"1,Dune,{row}", f"{nothing},Emma,{row}", f"2,,{row}"))
    assert read.left_empty == {}
    assert list(read.refused) == [3]
    assert read.records[0].values == {
        "title": "Dune",
        "authors": (),
        "year": None,
        "published_on": None,
        "isbn": "",
        "subjects": (),
        "description": "",
        "price": None,
        "stock": None,
        "picture": "",
        "work": "",
        "ratings_count": 0,
        "average_rating": 0.0,
    }
    assert "title" not in read.records[1].values


def test_books_with_one_id() -> None:
    """The later one is refused with the line of the first; without a title it is a further row of the same book."""
    read = books_of(csv_of("book_id,title", "1,A", "2,B", "1.0,C", "0441013597,D", "9780441013593,E", "1,"))
    assert [record.values["title"] for record in read.records] == ["A", "B", "D"]
    assert read.refused == {4: "the same id as on line 2", 6: "the same id as on line 5"}
    assert read.report.skipped.total() == 1


def test_refused_ids() -> None:
    """A row without an id, or with one that has lost digits, is refused and counted in its column."""
    read = books_of(csv_of("book_id,title", ",A", "9.78E+12,B", "None,C", "4,D"))
    assert [record.id for record in read.records] == [4]
    assert list(read.refused) == [2, 3, 4]
    assert read.refused[2] == "book_id is empty"
    (column, _) = read.report.columns
    assert (column.refused, column.example_refused) == (3, "line 2: is empty")


def test_no_column_of_ids() -> None:
    """The message names the columns and what to write."""
    with pytest.raises(InvalidFile) as caught:
        books_of("Label,Title\nx,A\n")
    assert str(caught.value) == (
        "file.csv: no column is known to be an id, such as a number, an SKU or an ISBN; "
        'the columns are Label, Title; name it with --map "COLUMN=book_id"'
    )
    assert books_of("Label,Title\nx,A\n", "Label=book_id").records[0].id == "x"


def test_the_column_of_ids_is_one_that_is_filled() -> None:
    """Of several the first in which hardly a field is empty."""
    assert [
        record.id for record in books_of(csv_of("title,sku,isbn", "A,,0441013597", "B,S2,0143111582")).records
    ] == [
        "9780441013593",
        "9780143111580",
    ]
    assert [record.id for record in books_of(csv_of("title,sku,isbn", "A,S1,", "B,S2,")).records] == ["S1", "S2"]


def test_titles() -> None:
    """A title is one line; a book without one has what is in place of its ISBN, if that is none."""
    titles = values_of(
        csv_of(
            "book_id,title,isbn", '1,"Dune\n Messiah",', "2,,B000FC1PJI", "3,,0441013597", "4,,9.78E+12", "5,&nbsp;,"
        ),
        "title",
    )
    assert titles == {1: "Dune Messiah", 2: "B000FC1PJI"}


def test_slashed_dates() -> None:
    """The whole column shows the order; if it does not, they are left empty unless a person says."""
    shown = csv_of("book_id,title,date", "1,A,5/1/2008", "2,B,25/1/2008")
    assert values_of(shown, "published_on") == {1: date(2008, 1, 5), 2: date(2008, 1, 25)}
    unknown = csv_of("book_id,title,date", "1,A,5/1/2008", "2,B,6/2/2008")
    assert values_of(unknown, "published_on") == {}
    assert "--dates dmy or --dates mdy" in books_of(unknown).left_empty["date"]
    assert values_of(unknown, "published_on", order=DayOrder.MONTH) == {1: date(2008, 5, 1), 2: date(2008, 6, 2)}
    assert values_of(shown, "published_on", order=DayOrder.MONTH)[2] == date(2008, 1, 25)


def test_dates_give_the_year() -> None:
    """Only if no column has one."""
    content = csv_of("book_id,title,year,published", "1,A,,2008-05", "2,B,1999,2008-05-01", "3,C,,c1984")
    assert values_of(content, "year") == {1: 2008, 2: 1999, 3: 1984}
    assert values_of(content, "published_on") == {1: None, 2: date(2008, 5, 1), 3: None}


def test_a_column_of_flags_is_no_date() -> None:
    """`Published` says in shop systems whether a book is on sale."""
    assert "published" not in books_of(csv_of("book_id,title,published", "1,A,TRUE", "2,B,")).meanings
    assert books_of(csv_of("book_id,title,published", "1,A,1", "2,B,2008")).meanings["published"] == "published_at"


def test_prices() -> None:
    """The whole column shows the decimal sign; a column of currencies, the header or the default says the rest."""
    commas = csv_of("book_id;title;price", "1;A;1.299", "2;B;9,99", "3;C;$5")
    assert {id_: str(price.amount) for id_, price in values_of(commas, "price", currency="EUR").items()} == {
        1: "1299.00",
        2: "9.99",
        3: "5.00",
    }
    named = values_of(csv_of("book_id,title,Price (GBP)", "1,A,5", "2,B,€6"), "price", currency="EUR")
    assert {id_: price.currency for id_, price in named.items()} == {1: "GBP", 2: "EUR"}
    rows = values_of(csv_of("book_id,title,price,currency", "1,A,5,USD", "2,B,6,"), "price", currency="EUR")
    assert {id_: price.currency for id_, price in rows.items()} == {1: "USD", 2: "EUR"}
    assert "name one with --currency" in books_of(csv_of("book_id,title,price", "1,A,5")).left_empty["price"]


def test_several_columns_for_one_meaning() -> None:
    """The first that is not empty counts; lists are put together."""
    content = csv_of(
        "id,title,original_title,author,additional authors,isbn13,isbn",
        '1,A,B,X Y,"Z W, X Y",,0441013597',
        "2,,B,,,9780143111580,bad",
        "3,,,,,bad,0441013597",
    )
    read = books_of(content)
    assert [record.values.get("title") for record in read.records] == ["A", "B", None]
    assert [record.values["isbn"] for record in read.records] == ["9780441013593", "9780143111580", "9780441013593"]
    assert [record.values["authors"] for record in read.records] == [("X Y", "Z W"), (), ()]
    assert list(read.left_empty) == ["isbn13"]


def test_authors_of_a_column() -> None:
    """Where most names have the surname first, two words before a comma are one too."""
    rows = ['1,A,"Herbert, Frank"', '2,B,"Vargas Llosa, Mario Pedro"', '3,C,"Eco, Umberto"']
    assert values_of(csv_of("book_id,title,authors", *rows), "authors")[2] == ("Vargas Llosa, Mario Pedro",)


def test_a_workbook() -> None:
    """Cells are read like fields."""
    read = books_of(workbook([["book_id", "title", "year", "isbn"], [1.0, "Dune", 1965.0, 9780441013593]]))
    assert read.records[0].values == {"title": "Dune", "year": 1965, "isbn": "9780441013593"}


def test_a_long_list_of_labels_is_left_empty() -> None:
    """A field that is too long costs that value, also in a column of categories."""
    read = books_of(csv_of("book_id,title,categories", f"1,A,{'x' * 10_001}", "2,B,Fantasy"))
    assert [record.id for record in read.records] == [1, 2]
    assert read.left_empty == {"categories": "line 2: longer than 10,000 characters"}


def test_invisible_characters() -> None:
    """In ids, ISBNs and titles they do not count."""
    read = books_of(csv_of("book_id,title,isbn", "\u200b1,\ufeffDune\u00a0,\u200e978-0441013593", "\ufeff2,B,"))
    assert [record.id for record in read.records] == [1, 2]
    assert read.records[0].values == {"title": "Dune", "isbn": "9780441013593"}
