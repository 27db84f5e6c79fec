"""Files of one JSON object a line."""

import gzip

import pytest

from bookfiles.errors import InvalidFile
from tests.bookfiles.files import table_of


def test_columns_are_the_keys_of_all_objects() -> None:
    """A key that an object lacks is None, and a null is empty; blank lines are left out."""
    table = table_of('{"book_id": 1, "title": "A"}\n\n{"book_id": 2, "price": null}\n')
    assert table.header == ["book_id", "title", "price"]
    assert table.rows == [(1, ["1", "A", None]), (3, ["2", None, ""])]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("5", "5"),
        ("5.0", "5"),
        ("4.5", "4.5"),
        ("9780441013593", "9780441013593"),
        ("true", "1"),
        ("false", "0"),
        ('"a; b"', "a; b"),
        ("[]", ""),
        ('["a", "b", null]', "a; b"),
        ('[["Books", "Fantasy"]]', "Books; Fantasy"),
        ('[{"count": "3", "name": "fantasy"}, {"name": "sf"}]', "fantasy; sf"),
        ('[{"thumb": "t", "large": "https://e.com/l.jpg"}]', "https://e.com/l.jpg"),
        ('{"author_id": "604031", "role": ""}', ""),
        ("NaN", "nan"),
        ("[[[[[[[1]]]]]]]", ""),
    ],
)
def test_values(value: str, field: str) -> None:
    """Numbers, lists and named things are fields as a CSV has them."""
    assert table_of(f'{{"a": {value}}}\n').fields == [[field]]


def test_lines_that_are_no_objects() -> None:
    """They are rejected with their line, and do not stop the rest."""
    table = table_of('{"a": 1}\n{"a": \n[1]\n7\n{"a": "x\\u0000"}\n{"a": "\\ud800"}\n{"a": 2}\n')
    assert table.fields == [["1"], ["2"]]
    assert [line for line, _ in table.rejected] == [2, 3, 4, 5, 6]
    assert {why for _, why in table.rejected} == {"not a JSON object", "not text"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"a": 1}]', "a JSON array; write one object a line"),
        ('{\n"a": 1\n}\n', "no JSON object in any line"),
        ("".join(f'{{"k{number}": 1}}\n' for number in range(1_001)), "more than 1,000 different keys"),
    ],
)
def test_an_invalid_file_is_refused(content: str, message: str) -> None:
    """The message says what to do."""
    with pytest.raises(InvalidFile, match=message):
        table_of(content)


def test_a_truncated_file() -> None:
    """The objects before the damage are read."""
    lines = "".join(f'{{"a": {number * 7919 % 99991}}}\n' for number in range(20_000))
    table = table_of(gzip.compress(lines.encode())[:-2_000])
    assert len(table.rows) > 5_000
    assert table.damage == f"file.csv: the file is damaged or cut off after line {len(table.rows)}"
    assert table.form == "JSON Lines, UTF-8, gzipped"
