"""Exports of interactions are recognised by their headers."""

from datetime import UTC, datetime

import pytest

from bookfiles.errors import InvalidFile
from tests.bookfiles.columns import exports
from tests.bookfiles.files import csv_of, filled, interactions_of

ISBN = "9780441013593"


def test_goodreads() -> None:
    """A rating with its day; the unrated one that was read; wishes do not count."""
    rated = {
        "Book Id": "1",
        "Title": "Dune",
        "My Rating": "5",
        "Average Rating": "4.27",
        "Date Read": "2020/10/25",
        "Date Added": "2020/09/01",
        "Exclusive Shelf": "read",
        "My Review": "Good<br/>",
        "Read Count": "1",
        "Owned Copies": "0",
    }
    unread = {
        "My Rating": "0",
        "Exclusive Shelf": "to-read",
        "Date Read": "",
        "Average Rating": "3.9",
        "Read Count": "0",
    }
    content = filled(
        exports.GOODREADS,
        rated,
        rated | {"Book Id": "2", "My Rating": "0", "Date Read": ""},
        rated | {"Book Id": "3"} | unread,
    )
    read = interactions_of(content, reader="ann")
    assert [tuple(record[:5]) for record in read.records] == [
        ("ann", 1, "rating", 5.0, datetime(2020, 10, 25, tzinfo=UTC)),
        ("ann", 2, "purchase", 0.0, datetime(2020, 9, 1, tzinfo=UTC)),
    ]
    assert read.report.skipped.total() == 1
    with pytest.raises(InvalidFile, match="with --reader the one reader whose file it is"):
        interactions_of(content)


def test_storygraph() -> None:
    """Quarter stars, and books that were not finished."""
    read = interactions_of(
        filled(
            exports.STORYGRAPH,
            {
                "ISBN/UID": ISBN,
                "Read Status": "read",
                "Last Date Read": "2021/02/03",
                "Star Rating": "4.75",
                "Owned?": "No",
            },
            {"ISBN/UID": "a1", "Read Status": "did-not-finish", "Date Added": "2021/01/03", "Owned?": "Yes"},
            {"ISBN/UID": "b2", "Read Status": "to-read", "Date Added": "2021/01/03"},
            {"ISBN/UID": "c3", "Read Status": "currently-reading"},
        ),
        reader="ann",
    )
    assert [(record.book, record.kind, record.value) for record in read.records] == [
        (ISBN, "rating", 4.75),
        ("a1", "not_interested", 0),
        ("c3", "purchase", 0),
    ]


def test_librarything() -> None:
    """The day of reading counts, not that of publication; a wish list does not."""
    dune = {
        "Book Id": "1",
        "Date": "2005-03-01",
        "Rating": "4.5",
        "Date Read": "[2010-02-01]",
        "Entry Date": "2010-01-01",
        "Collections": "Your library, To read",
        "Value": "$12.50",
        "Copies": "1",
        "Page Count": "3",
    }
    other = {"Book Id": "2", "Collections": "Wishlist", "Copies": "2", "Page Count": "7", "Entry Date": "2010-01-02"}
    unrated = dune | {"Book Id": "3", "Rating": "", "Date Read": ""}
    read = interactions_of(filled(exports.LIBRARYTHING, dune, other, unrated, delimiter="\t"), reader="ann")
    assert [(record.book, record.kind, record.value, record.occurred_at) for record in read.records] == [
        (1, "rating", 4.5, datetime(2010, 2, 1, tzinfo=UTC)),
        (3, "purchase", 0, datetime(2010, 1, 1, tzinfo=UTC)),
    ]


def test_calibre() -> None:
    """The ids are those that a file of books has, and ratings are of ten."""
    rows = [
        {"id": "7", "isbn": ISBN, "rating": "10", "series_index": "1.0", "timestamp": "2020-01-01T10:00:00+00:00"},
        {"id": "8", "rating": "4", "series_index": "2.0", "pubdate": "2005-08-02T07:00:00+00:00"},
    ]
    read = interactions_of(filled(exports.CALIBRE, *rows), reader="ann")
    assert [(record.book, record.value) for record in read.records] == [(7, 5.0), (8, 2.0)]


def test_shopify_orders() -> None:
    """Only the first row of an order has its status, and it counts for the others too."""
    paid = {
        "Name": "#1001",
        "Email": "ann@example.com",
        "Financial Status": "paid",
        "Paid at": "2020-10-25 14:03:22 +0200",
        "Created at": "2020-10-25 14:00:00 +0200",
        "Lineitem quantity": "1",
        "Lineitem sku": "SKU-1",
        "Lineitem price": "9.99",
        "Tax 1 Value": "1.5",
        "Refunded Amount": "0.00",
        "Duties": "1",
        "Next Payment Due At": "2020-11-01",
    }
    second = {"Name": "#1001", "Email": "ann@example.com", "Lineitem quantity": "2", "Lineitem sku": "SKU-2"}
    refunded = paid | {"Name": "#1002", "Financial Status": "refunded", "Tax 1 Value": "2.5", "Duties": "2"}
    cancelled = paid | {
        "Name": "#1003",
        "Cancelled at": "2020-10-26 10:00:00 +0200",
        "Next Payment Due At": "2020-11-02",
    }
    read = interactions_of(
        filled(
            exports.SHOPIFY_ORDERS,
            paid,
            second,
            refunded,
            second | {"Name": "#1002"},
            cancelled,
            second | {"Name": "#1003"},
            second | {"Name": "#1004", "Financial Status": "authorized"},
            paid | {"Name": "#1005", "Lineitem quantity": "0"},
        )
    )
    moment = datetime(2020, 10, 25, 12, tzinfo=UTC)
    assert [(record.reader, record.book, record.kind, record.occurred_at) for record in read.records] == [
        ("ann@example.com", "SKU-1", "purchase", moment),
        ("ann@example.com", "SKU-2", "purchase", moment),
        ("ann@example.com", "SKU-2", "purchase", None),
    ]
    assert read.report.skipped.total() == 5


def test_goodbooks_and_movielens() -> None:
    """Ratings of five, with and without a time."""
    read = interactions_of(csv_of("user_id,book_id,rating", "1,258,5", "2,4081,1"))
    assert [record[:4] for record in read.records] == [(1, 258, "rating", 5.0), (2, 4081, "rating", 1.0)]
    read = interactions_of(csv_of("userId,movieId,rating,timestamp", "1,296,3.5,1147880044"))
    assert read.records[0][:5] == (1, 296, "rating", 3.5, datetime(2006, 5, 17, 15, 34, 4, tzinfo=UTC))


def test_bookcrossing() -> None:
    """Of ten; 0 means that the book was read."""
    rows = ['"276725";"034545104X";"0"', '"276726";"0441013597";"10"', '"276727";"B0001PIOX4";"8"']
    read = interactions_of(csv_of('"User-ID";"ISBN";"Book-Rating"', *rows))
    assert [record[:4] for record in read.records] == [
        (276725, "9780345451040", "purchase", 0),
        (276726, ISBN, "rating", 5.0),
        (276727, "B0001PIOX4", "rating", 4.0),
    ]
    assert read.report.notes == ["ratings are on a scale of 10, and are converted to one of 5"]
    assert read.meanings["Book-Rating"] == "rating, of 10"


def test_bookcrossing_from_a_spreadsheet() -> None:
    """An ISBN that lost its leading zero is the same book."""
    read = interactions_of(csv_of("User-ID,ISBN,Book-Rating", "1,441013597,8", "2,0441013597,6"))
    assert {record.book for record in read.records} == {ISBN}


def test_recbole() -> None:
    """Names have types."""
    read = interactions_of("user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949.0\n")
    assert read.records[0][:5] == (196, 242, "rating", 3.0, datetime(1997, 12, 4, 15, 55, 49, tzinfo=UTC))


def test_amazon() -> None:
    """CSV and JSON Lines, old and new, and the tabs of 2015; `parent_asin` comes before `asin`."""
    new = interactions_of(csv_of("user_id,parent_asin,rating,timestamp", "AGKA,B006GQZ6NA,5.0,1588687728923"))
    lines = interactions_of(
        '{"rating": 5.0, "title": "Such", "text": "x", "images": [], "asin": "B1", "parent_asin": "B006GQZ6NA", '
        '"user_id": "AGKA", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": true}\n'
        '{"rating": 1.0, "title": "No", "text": "", "images": [{"small_image_url": "x"}], "asin": "B1", '
        '"parent_asin": "B2", "user_id": "AG2", "timestamp": 1588687728924, "helpful_vote": 2, '
        '"verified_purchase": false}\n'
    )
    assert new.records == lines.records[:1]
    assert new.records[0][:4] == ("AGKA", "B006GQZ6NA", "rating", 5.0)
    old = interactions_of(
        '{"reviewerID": "A2SU", "asin": "0441013597", "reviewerName": "J", "helpful": [2, 3], "reviewText": "I", '
        '"overall": 5.0, "summary": "H", "unixReviewTime": 1252800000, "reviewTime": "09 13, 2009"}\n'
        '{"overall": 4.0, "verified": true, "reviewTime": "03 9, 2013", "reviewerID": "A3", "asin": "0001713353", '
        '"style": {"Format:": " Hardcover"}, "vote": "5", "image": ["https://x"], "unixReviewTime": 1362787200}\n'
    )
    assert old.records[0][:5] == ("A2SU", ISBN, "rating", 5.0, datetime(2009, 9, 13, tzinfo=UTC))
    row = {
        "marketplace": "US",
        "customer_id": "25933450",
        "review_id": "R1",
        "product_id": "0441013597",
        "product_category": "Books",
        "star_rating": "5",
        "helpful_votes": "0",
        "vine": "N",
        "verified_purchase": "Y",
        "review_headline": "Five Stars",
        "review_body": "I love it",
        "review_date": "2015-08-31",
    }
    table = interactions_of(
        filled(exports.AMAZON_TSV, row, row | {"customer_id": "2", "helpful_votes": "3"}, delimiter="\t")
    )
    assert table.records[0][:5] == (25933450, ISBN, "rating", 5.0, datetime(2015, 8, 31, tzinfo=UTC))


def test_events_of_shops() -> None:
    """Views, carts and transactions in the words of other data sets."""
    read = interactions_of(
        csv_of(
            "timestamp,visitorid,event,itemid,transactionid",
            "1433221332117,257597,view,355908,",
            "1433224214164,992329,transaction,248676,4000",
            "1433224214165,992329,addtocart,248677,",
        )
    )
    assert [record.kind for record in read.records] == ["view", "purchase", "cart"]
    read = interactions_of(
        csv_of("user_id,item_id,category_id,behavior_type,timestamp", "1,2,3,pv,1511544070", "1,2,4,fav,1")
    )
    assert ([record.kind for record in read.records], read.report.skipped.total()) == (["view"], 1)


def test_what_was_read_of_goodreads() -> None:
    """`is_read` is a status."""
    read = interactions_of(
        csv_of("user_id,book_id,is_read,rating,is_reviewed", "7,1,1,5,0", "7,2,1,0,1", "7,3,0,0,0")
    )
    assert [(record.book, record.kind) for record in read.records] == [(1, "rating"), (2, "purchase")]
