"""Ratings and their scales."""

import pytest

from bookfiles.errors import InvalidFile, Unreadable
from bookfiles.values.ratings import AverageScales, Scale, Scales


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("5", 5.0),
        ("4.5", 4.5),
        ("4,5", 4.5),
        ("3.0", 3.0),
        ("0.25", 0.5),
        ("8/10", 4.0),
        ("4 / 5", 4.0),
        ("4.5 out of 5", 4.5),
        ("5.0 out of 5 stars", 5.0),
        ("4 von 5 Sternen", 4.0),
        ("80%", 4.0),
        ("4 stars", 4.0),
        ("4★", 4.0),
        ("4 estrellas", 4.0),
        ("4 звезды", 4.0),
        ("★★★★☆", 4.0),
        ("★★★½", 3.5),
        ("***", 3.0),
        ("⭐⭐⭐⭐", 4.0),
        ("⭐️⭐️⭐️", 3.0),
        ("it was amazing", 5.0),
        ("Did not like it", 1.0),
        ("\u200b4", 4.0),
        ('="4"', 4.0),
    ],
)
def test_ratings_as_people_write_them(field: str, meant: float) -> None:
    """A number, with decimals of either sign, of a scale that it may name, or stars."""
    assert Scale(5.0).rating(field) == meant


@pytest.mark.parametrize("field", ["", "0", "-1", "0.0", "0/5", "NULL", r"\N", "NaN", "n/a", "-"])
def test_not_rated(field: str) -> None:
    """Nothing, 0 and -1 are no ratings."""
    assert Scale(5.0).rating(field) is None


@pytest.mark.parametrize("field", ["6", "-2", "five", "A+", "4+", "1e0", "4/", "7/5", "👍"])
def test_not_a_rating(field: str) -> None:
    """Words, and numbers beyond the scale, are unreadable."""
    with pytest.raises(Unreadable, match=r"is not a number|is not one of 0 to 5"):
        Scale(5.0).rating(field)


@pytest.mark.parametrize(
    ("fields", "best"),
    [
        (["1", "5", "3.5"], 5),
        (["0", "4", "5"], 5),
        (["10", "4", "0"], 10),
        (["5.5"], 10),
        (["80", "100", "5"], 100),
        (["-1", "5"], 5),
        (["-1", "9.5"], 10),
        (["8/10", "4"], 5),
        (["★★★", "NULL", "x", "7"], 10),
        ([], 5),
        (["1", "1"], 5),
        ([str(number / 10) for number in range(20_000) if number <= 100], 10),
    ],
)
def test_the_scale_of_a_column(fields: list[str], best: float) -> None:
    """It is the least of 5, 10 and 100 with room for all; ratings that name their scale say nothing."""
    scales = Scales("rating")
    for field in fields:
        scales.add(field)
    assert scales.scale == Scale(best)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["0", "1"], '--map "stars=rating/1" if 1 is'),
        (["500"], "has values from 500 to 500, no ratings of 0 to 100"),
        (["-5", "3"], 'leave it out with --map "stars="'),
    ],
)
def test_a_column_without_a_scale(fields: list[str], message: str) -> None:
    """The message says what to write."""
    scales = Scales("stars")
    for field in fields:
        scales.add(field)
    with pytest.raises(InvalidFile) as caught:
        _ = scales.scale
    assert message in str(caught.value)


def test_many_different_ratings() -> None:
    """Only the least and the greatest are kept of them."""
    scales = Scales("rating")
    for number in range(5_000):
        scales.add(str(number / 1_000))
    scales.add("42")
    assert scales.scale == Scale(100)


@pytest.mark.parametrize(
    ("fields", "best"),
    [
        (["4.34", "3,9", "0"], 5),
        (["8.7", "4.1", "0"], 10),
        (["87", "93.5"], 100),
        (["8.7/10", "4.2"], 5),
        (["87%", "4.2"], 5),
        (["0", "1"], 5),
        (["", "NULL", "x", "-1", "434"], 5),
        (["4.1"] * 100 + ["41"], 5),
        (["4.1"] * 50 + ["41"], 100),
        (["7.1"] * 150 + ["41"], 10),
        (["0"] * 500 + ["-1"] * 500 + ["8.7"], 10),
        ([], 5),
    ],
)
def test_the_scale_of_averages(fields: list[str], best: float) -> None:
    """It is the least with room for all but one in a hundred; what is on no scale, or names its own, says nothing."""
    scales = AverageScales()
    for field in fields:
        scales.add(field)
    assert scales.scale == Scale(best)


@pytest.mark.parametrize(
    ("field", "best", "meant"),
    [
        ("4.34", 5, 4.34),
        ("8.7", 10, 4.35),
        ("8.68", 10, 4.34),
        ("87,3", 100, 4.365),
        ("4.340000152587891", 5, 4.34),
        ("0.2", 5, 0.2),
        ("8.2/10", 5, 4.1),
        ("4.3 out of 5 stars", 100, 4.3),
        ("0.0", 5, None),
        ("-1", 5, None),
        ("NaN", 5, None),
    ],
)
def test_averages(field: str, best: float, meant: float | None) -> None:
    """They may be less than the lowest rating, and have four decimals at most; 0 is none."""
    assert Scale(best).average(field) == meant


@pytest.mark.parametrize("field", ["5.1", "-2", "good"])
def test_not_an_average(field: str) -> None:
    """What is beyond the scale, and words, are unreadable."""
    with pytest.raises(Unreadable, match=r"is not a number|is not one of 0 to 5"):
        Scale(5.0).average(field)
