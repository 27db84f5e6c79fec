"""Years of publication."""

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.years import year
from tests.bookfiles.files import NOW


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("1984", 1984),
        ("1984.0", 1984),
        ("c1984", 1984),
        ("©1984", 1984),
        ("ca. 1850", 1850),
        ("circa 1850", 1850),
        ("[1984]", 1984),
        ("[1984?]", 1984),
        ("1984?", 1984),
        ("[ca. 1900]", 1900),
        ("1984.", 1984),
        ("1999/2000", 1999),
        ("1984-1985", 1984),
        ("1984–85", 1984),
        ("1984-05", 1984),
        ("1984-05-01", 1984),
        ("1984-05-01T00:00:00", 1984),
        ("1984 г.", 1984),
        ("1984 год", 1984),
        ("800 BC", -800),
        ("44 до н.э.", -44),
        ("750 v. Chr.", -750),
        ("-800", -800),
        ("868", 868),
        ("2036", 2036),
        ("May 1984", 1984),
        ("01/05/1984", 1984),
        ("5/1/1984", 1984),
        ("1984, c1983", 1984),
        ("New York, 1984", 1984),
        ("first published 1984", 1984),
        ("1984 AD", 1984),
        ("1984;1985", 1984),
    ],
)
def test_years_as_people_write_them(field: str, meant: int) -> None:
    """Marks, months and places do not matter; of several years the first counts."""
    assert year(field, now=NOW) == meant


@pytest.mark.parametrize("field", ["", "n.d.", "[n.d.]", "s.a.", "б.г.", "o.J.", "NULL", "NaN", "-", "?"])
def test_no_year(field: str) -> None:
    """An empty field, or one that says that there is no year."""
    assert year(field, now=NOW) is None


@pytest.mark.parametrize(
    "field",
    [
        "84",
        "0",
        "33",
        "9999",
        "2037",
        "12345",
        "1,984",
        "19--",
        "1900s",
        "MCMLXXXIV",
        "Gallimard",
        "1601011223",
        "-6000",
    ],
)
def test_not_a_year(field: str) -> None:
    """Two digits, far years, centuries and words are unreadable."""
    with pytest.raises(Unreadable, match="is not a year"):
        year(field, now=NOW)
