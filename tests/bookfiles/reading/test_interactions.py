"""Reading whole files of interactions."""

from datetime import UTC, datetime, timedelta

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


def test_a_rating_that_cannot_be_read_costs_the_row() -> None:
    """It could have changed what the row says."""
    read = interactions_of(csv_of("user_id,book_id,rating", "1,1,good", "1,2,4", "1,3,"))
    assert read.refused == {2: "rating 'good' is not a number"}
    assert len(read.records) == 2


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


def test_malformed_rows_do_not_stop_the_file() -> None:
    """They are counted with the refused ones."""
    read = interactions_of(csv_of("user_id,book_id", "1,2,3", '1,"2', "1,4"))
    assert [record.book for record in read.records] == [4]
    assert list(read.refused) == [2, 3]
    assert (read.report.rows, read.report.good, read.report.refused) == (3, 1, 2)
