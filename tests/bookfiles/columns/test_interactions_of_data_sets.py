"""Data sets of interactions are recognised by their headers."""

from datetime import UTC, datetime

from tests.bookfiles.columns import exports
from tests.bookfiles.files import csv_of, filled, interactions_of

ISBN = "9780441013593"


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
