"""Reading whole files of interactions."""

from datetime import UTC, datetime, timedelta

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.values.day_orders import DayOrder
from tests.bookfiles.files import NOW, csv_of, interactions_of


def kinds(content: str, *mapped: str) -> list[tuple[str, float]]:
    """The kinds and values of the records."""
    return [(record.kind, record.value) for record in interactions_of(content, *mapped).records]


def test_readers_and_books_alone() -> None:
    """Each row is a purchase."""
    read = interactions_of(csv_of("user_id,book_id", "1,2", "276729.0,0441013597", "ann@example.com,SKU-1"))
    assert [tuple(record) for record in read.records] == [
        (1, 2, "purchase", 0.0, None, ""),
        (276729, "9780441013593", "purchase", 0.0, None, ""),
        ("ann@example.com", "SKU-1", "purchase", 0.0, None, ""),
    ]


def test_our_own_form() -> None:
    """Kinds with values of ratings; a rating of 0 is a book that was read; the value of another kind is none."""
    rows = ["1,1,rating,4", "1,2,rating,0", "1,3,purchase,999", "1,4,not_interested,", "1,5,,3", "1,6,view,7"]
    assert kinds(csv_of("user_id,book_id,kind,value", *rows)) == [
        ("rating", 4.0),
        ("purchase", 0),
        ("purchase", 0),
        ("not_interested", 0),
        ("rating", 3.0),
        ("view", 0),
    ]


def test_a_rating_without_a_value_is_refused() -> None:
    """It cannot be told what was meant."""
    read = interactions_of(
        csv_of("user_id,book_id,kind,value", "1,1,rating,", "1,2,rating,NULL", "1,3,rating,5", "1,4,,")
    )
    assert read.refused == dict.fromkeys([2, 3], "kind is a rating, and has no value")
    assert [(record.book, record.kind) for record in read.records] == [(3, "rating"), (4, "purchase")]
    assert list(interactions_of(csv_of("user_id,book_id,kind", "1,1,rating", "1,1,view")).refused) == [2]


@pytest.mark.parametrize(
    ("ratings", "values", "note"),
    [
        (["1", "5", "0"], [1.0, 5.0, 0], ""),
        (["10", "4", "-1"], [5.0, 2.0, 0], "a scale of 10"),
        (["100", "55", ""], [5.0, 2.75, 0], "a scale of 100"),
        (["4,5", "5", "NaN"], [4.5, 5.0, 0], ""),
        (["8/10", "★★★", "4"], [4.0, 3.0, 4.0], ""),
    ],
)
def test_scales(ratings: list[str], values: list[float], note: str) -> None:
    """The scale is seen in the whole file, converted to one of five, and said."""
    content = csv_of("user_id;book_id;rating", *(f"1;{number};{rating}" for number, rating in enumerate(ratings, 1)))
    read = interactions_of(content)
    assert [record.value for record in read.records] == values
    assert all(record.kind == ("rating" if record.value else "purchase") for record in read.records)
    assert note in " ".join(read.report.notes)
    assert bool(read.report.notes) == bool(note)


def test_a_person_says_the_scale() -> None:
    """It overrules what the file shows."""
    content = csv_of("user_id,book_id,rating", "1,1,1", "1,2,0")
    with pytest.raises(
        InvalidFile, match=r'^file.csv: the column .rating. has only 0 and 1; .*--map "rating=rating/1"'
    ):
        interactions_of(content)
    assert kinds(content, "rating=rating/1") == [("rating", 5.0), ("purchase", 0)]
    assert kinds(content, "rating=rating/10") == [("rating", 0.5), ("purchase", 0)]
    read = interactions_of(csv_of("user_id,book_id,mark", "1,1,1", "1,2,6"), "mark=rating/5")
    assert read.refused == {3: "mark '6' is not one of 0 to 5"}


def test_a_rating_that_cannot_be_read_costs_the_row() -> None:
    """It could have changed what the row says."""
    read = interactions_of(csv_of("user_id,book_id,rating", "1,1,good", "1,2,4", "1,3,"))
    assert read.refused == {2: "rating 'good' is not a number"}
    assert len(read.records) == 2


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("feeling", ["1", "5", "3"]),
        ("feeling", ["-1", "1"]),
        ("mark", ["9,5", "8,0"]),
        ("star_level", ["gold", "silver"]),
        ("my score", ["A", "B"]),
        ("returned on", ["2020-10-25", ""]),
        ("moment", ["2020-10-25", "2020-10-26"]),
        ("epoch", ["1603634602", "1603634603"]),
        ("order_state", ["ok", "ok"]),
        ("liked", ["1", "0"]),
        ("Оценка книги", ["хорошо", "плохо"]),
    ],
)
def test_a_column_that_could_change_the_sense(column: str, values: list[str]) -> None:
    """It is understood, or the file is refused with what to write; nothing is dropped in silence."""
    content = csv_of(
        f"user_id,book_id,{column}", *(f'1,{number},"{value}"' for number, value in enumerate(values, 1))
    )
    with pytest.raises(InvalidFile) as caught:
        interactions_of(content)
    assert f'--map "{column}=rating"' in str(caught.value)
    assert f'leave it out with --map "{column}="' in str(caught.value)
    assert kinds(content, f"{column}=") == [("purchase", 0)] * len(values)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("title", ["1984", "2001"]),
        ("branch", ["north", "south"]),
        ("postcode", ["12345", "54321"]),
        ("phone 2", ["5551234567", "5551234568"]),
        ("pages", ["3", "4"]),
        ("constant", ["1", "1"]),
        ("rating_note", ["", "NULL"]),
        ("Billing Type", ["a", "b"]),
        ("page", ["112", "250"]),
    ],
)
def test_a_column_that_changes_nothing(column: str, values: list[str]) -> None:
    """It is not used."""
    read = interactions_of(
        csv_of(f"user_id,book_id,{column}", *(f"1,{n},{value}" for n, value in enumerate(values, 1)))
    )
    assert len(read.records) == len(values)
    assert column not in read.meanings


def test_a_second_column_of_ratings() -> None:
    """It could say something else, unless it is empty or a person has named one of them."""
    content = csv_of("user_id,book_id,rating,score", "1,1,5,1", "1,2,4,2")
    with pytest.raises(InvalidFile, match="the column 'score' could change"):
        interactions_of(content)
    assert kinds(content, "score=") == [("rating", 5.0), ("rating", 4.0)]
    assert kinds(content, "score=rating") == [("rating", 1.0), ("rating", 2.0)]
    assert kinds(csv_of("user_id,book_id,rating,score", "1,1,5,")) == [("rating", 5.0)]


def test_status() -> None:
    """What was paid or read counts, a wish or a refund does not, and an unknown status is refused."""
    rows = ["1,1,paid", "1,2,refunded", "1,3,to-read", "1,4,DNF", "1,5,", "1,6,NULL", "1,7,on the moon"]
    read = interactions_of(csv_of("user_id,book_id,status", *rows))
    assert [(record.book, record.kind) for record in read.records] == [
        (1, "purchase"),
        (4, "not_interested"),
        (5, "purchase"),
        (6, "purchase"),
    ]
    assert read.refused == {8: "status 'on the moon' is not known"}
    assert dict(read.report.skipped) == {"wishes, refunds, returns and the like": 2}


def test_cancellations_and_quantities() -> None:
    """What was cancelled, returned or bought not once does not count."""
    rows = [
        "1,1,,1",
        "1,2,2020-10-25,1",
        "1,3,0,2.0",
        "1,4,false,0",
        "1,5,True,1",
        "1,6,NULL,-1",
        "1,7,0000-00-00,",
        "1,8,,nan",
    ]
    read = interactions_of(csv_of("user_id,book_id,cancelled_at,quantity", *rows))
    assert [record.book for record in read.records] == [1, 3, 7, 8]
    assert interactions_of(csv_of("user_id,book_id,qty", "1,1,some", "1,2,1,")).refused == {
        2: "qty 'some' is not a number"
    }


def test_further_rows_of_an_order() -> None:
    """The status of the row above counts for the same order alone."""
    rows = ["1,1,A,refunded", "1,2,A,", "1,3,B,", "1,4,B,", "1,5,A,", "1,6,,"]
    read = interactions_of(csv_of("user_id,book_id,order number,status", *rows))
    assert [record.book for record in read.records] == [3, 4, 5, 6]


def test_times() -> None:
    """Seconds and milliseconds since 1970; of several columns the first that is filled."""
    rows = [
        "1,1,1603634602,2019-01-01",
        "1,2,1603634602000,",
        "1,3,,2019-01-01",
        "1,4,NULL,",
        "1,5,2020,",
        "1,6,x,2019-01-01",
    ]
    read = interactions_of(csv_of("user_id,book_id,timestamp,date added", *rows))
    moment, added = datetime(2020, 10, 25, 14, 3, 22, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
    assert [record.occurred_at for record in read.records] == [moment, moment, added, None, None, added]
    assert read.left_empty == {"timestamp": "line 6: '2020' is not a day"}


def test_slashed_dates() -> None:
    """As in files of books."""
    unknown = csv_of("user_id,book_id,date", "1,1,5/1/2008", "1,2,6/2/2008")
    assert [record.occurred_at for record in interactions_of(unknown).records] == [None, None]
    assert "--dates dmy" in interactions_of(unknown).left_empty["date"]
    said = interactions_of(unknown, order=DayOrder.DAY).records[0].occurred_at
    shown = interactions_of(csv_of("user_id,book_id,date", "1,1,5/1/2008", "1,2,16/2/2008")).records[0].occurred_at
    assert said == shown == datetime(2008, 1, 5, tzinfo=UTC)


def test_the_future_is_refused() -> None:
    """A day ahead is allowed, for clocks and zones."""
    soon, later = NOW + timedelta(hours=23), NOW + timedelta(hours=25)
    rows = [f"1,1,{soon.isoformat()}", f"1,2,{later.isoformat()}", "1,3,9999-12-31", "1,4,4102444800"]
    read = interactions_of(csv_of("user_id,book_id,time", *rows))
    assert [record.book for record in read.records] == [1]
    assert list(read.refused) == [3, 4, 5]
    assert read.refused[4] == "time '9999-12-31' is more than a day ahead"


def test_ids_that_are_none() -> None:
    """A reader or book that is empty, `None` or the like is refused with its column."""
    read = interactions_of(csv_of("user_id,book_id", "None,1", "1,nan", ",1", r"\N,1", "1,9.78E+12", "1,1"))
    assert list(read.refused) == [2, 3, 4, 5, 6]
    assert (read.refused[2], read.refused[4]) == ("user_id 'None' is no id", "user_id is empty")


def test_ids_of_interactions() -> None:
    """They are kept as they are, up to a length."""
    read = interactions_of(csv_of("user_id,book_id,event_id", "1,1,e-1", "1,2,", f"1,3,{'x' * 101}"))
    assert [record.id for record in read.records] == ["e-1", ""]
    assert read.refused == {4: "event_id is longer than 100 characters"}


def test_no_column_of_readers_or_books() -> None:
    """The message names the columns and what to write; one reader can be named."""
    with pytest.raises(InvalidFile, match='no column is known to be the id of a book; .*--map "COLUMN=book_id"$'):
        interactions_of("user_id,thing\n1,2\n")
    with pytest.raises(InvalidFile, match='the id of a reader; .*--map "COLUMN=user_id", or with --reader'):
        interactions_of("book_id\n1\n")
    assert interactions_of("book_id\n1\n", reader="ann").records[0].reader == "ann"
    assert interactions_of("user_id,book_id\n7,1\n", reader="5").records[0].reader == 5


def test_the_column_of_books_is_one_that_is_filled() -> None:
    """Of several the first in which hardly a field is empty."""
    read = interactions_of(csv_of("user_id,sku,isbn", "1,,0441013597", "1,S2,0143111582"))
    assert [record.book for record in read.records] == ["9780441013593", "9780143111580"]


def test_malformed_rows_do_not_stop_the_file() -> None:
    """They are counted with the refused ones."""
    read = interactions_of(csv_of("user_id,book_id", "1,2,3", '1,"2', "1,4"))
    assert [record.book for record in read.records] == [4]
    assert list(read.refused) == [2, 3]
    assert (read.report.rows, read.report.good, read.report.refused) == (3, 1, 2)
