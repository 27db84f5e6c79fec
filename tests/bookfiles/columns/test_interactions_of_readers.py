"""Exports of what readers did, from their sites and from shops, are recognised by their headers."""

from datetime import UTC, datetime

import pytest

from bookfiles.errors import InvalidFile
from tests.bookfiles.columns import exports
from tests.bookfiles.files import filled, interactions_of

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
