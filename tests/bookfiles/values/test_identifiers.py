"""Ids of readers and books."""

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.identifiers import identifier


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("1", 1),
        (" 42 ", 42),
        ("999999999", 999_999_999),
        ("5.0", 5),
        ("276729.000", 276_729),
        ('="5"', 5),
        ("\u200b1\ufeff", 1),
        ("1000000000", "1000000000"),
        ("0", "0"),
        ("-1", "-1"),
        ("007", "007"),
        ("1.5", "1.5"),
        ("1,234", "1,234"),
        ("٣", "٣"),
        ("A2SUAM1J3GNN3B", "A2SUAM1J3GNN3B"),
        ("7b8d9a52-6c0e-4c8e-9b54-2c9d3f7b1e11", "7b8d9a52-6c0e-4c8e-9b54-2c9d3f7b1e11"),
        ("12e4567-e89b", "12e4567-e89b"),
        ("me@example.com", "me@example.com"),
        ("x" * 200, "x" * 200),
    ],
)
def test_identifiers(field: str, meant: int | str) -> None:
    """A plain number from 1 to 999,999,999 is itself, and anything else is text."""
    assert identifier(field, is_book=False) == identifier(field, is_book=True) == meant


@pytest.mark.parametrize("field", ["9780441013593", "0441013597", "0-441-01359-7", "0441013597.0"])
def test_isbns_of_books(field: str) -> None:
    """A valid ISBN of either length is the book's ISBN-13; for a reader it is a text like others."""
    assert identifier(field, is_book=True) == "9780441013593"
    assert identifier(field, is_book=False) == field


def test_a_column_of_isbns() -> None:
    """Where all are ISBNs, one whose leading zero a spreadsheet lost is restored; elsewhere it is a plain number."""
    assert identifier("441013597", is_book=True, is_isbn=True) == "9780441013593"
    assert identifier("441013597", is_book=True) == 441_013_597
    assert identifier("441013598", is_book=True, is_isbn=True) == 441_013_598


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("None", "'None' is no id"),
        ("NULL", "'NULL' is no id"),
        ("nan", "'nan' is no id"),
        (r"\N", r"'\\\\N' is no id"),
        ("N/A", "'N/A' is no id"),
        ("-", "'-' is no id"),
        ("undefined", "'undefined' is no id"),
        ("9.78E+12", "has lost digits"),
        ("1e5", "has lost digits"),
        ("x" * 201, "is longer than 200 characters"),
    ],
)
def test_not_an_identifier(field: str, reason: str) -> None:
    """What stands for no value is no id."""
    with pytest.raises(Unreadable, match=reason):
        identifier(field, is_book=True)
