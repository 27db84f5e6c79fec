"""Ratings elsewhere, in the rows of a file of books."""

import pytest

from tests.bookfiles.files import books_of, csv_of, values_of


@pytest.mark.parametrize(
    ("number", "average"),
    [
        ("ratings_count", "average_rating"),
        ("ratings count", "Average Rating"),
        ("num_ratings", "avg_rating"),
        ("numRatings", "averageRating"),
        ("rating_count", "ratings_average"),
        ("Number of ratings", "Average rating (Goodreads)"),
        ("Количество оценок", "Средняя оценка"),
        ("Anzahl Bewertungen", "Durchschnittliche Bewertung"),
    ],
)
def test_ratings_elsewhere(number: str, average: str) -> None:
    """Their number and average; an unreadable one keeps what was there, and is reported."""
    rows = ["1,A,4780653,4.34", '2,B,"4,780,653",0', "3,C,,", "4,D,few,434", "5,E"]
    read = books_of(csv_of(f"book_id,title,{number},{average}", *rows))
    assert [
        (record.values.get("ratings_count", "absent"), record.values.get("average_rating", "absent"))
        for record in read.records
    ] == [(4_780_653, 4.34), (4_780_653, 0.0), (0, 0.0), ("absent", "absent"), ("absent", "absent")]
    assert read.left_empty == {
        number: "line 5: 'few' is not a whole number from 0 to 2147483647",
        average: "line 5: '434' is not one of 0 to 5",
    }
    assert read.report.notes == []


def test_average_ratings_of_another_scale() -> None:
    """The whole column shows the scale, and the report says so."""
    content = csv_of("book_id,title,average_rating,avg_rating", "1,A,8.68,", "2,B,4.1,1", "3,C,,9")
    read = books_of(content)
    assert values_of(content, "average_rating") == {1: 4.34, 2: 2.05, 3: 4.5}
    assert read.meanings["average_rating"] == "average_rating, of 10"
    assert read.report.notes == ["average ratings are on a scale of 10, and are converted to one of 5"]


def test_the_readers_rating_of_a_book_is_not_the_average() -> None:
    """A plain rating is not used unless a person says what it is."""
    content = csv_of("book_id,title,rating,reviews", "1,A,5,7")
    assert books_of(content).records[0].values == {"title": "A"}
    mapped = books_of(content, "rating=average_rating", "reviews=ratings_count").records[0].values
    assert mapped == {"title": "A", "average_rating": 5.0, "ratings_count": 7}


def test_variants_of_a_product_have_its_ratings() -> None:
    """As they have its title, which only the row of the first one says."""
    content = csv_of("Handle,Title,Variant SKU,Rating count,Average rating", "dune,Dune,S1,7,4.5", "dune,,S2,,")
    assert [(record.id, record.values) for record in books_of(content).records] == [
        (sku, {"title": "Dune", "ratings_count": 7, "average_rating": 4.5}) for sku in ("S1", "S2")
    ]
