"""The encodings of files."""

import gzip

import pytest

from tests.bookfiles.files import csv_of, table_of

RUSSIAN = csv_of(
    "book_id,title,authors", "1,Мастер и Маргарита,Михаил Булгаков", "2,Dune,Frank Herbert", "3,Идиот,Достоевский"
)
WESTERN = csv_of("book_id,title,authors", "1,Café Müller,Zoë", "2,Dune,Frank Herbert", "3,Ender’s Game – “A”,Card")


@pytest.mark.parametrize(
    ("content", "encoding", "name"),
    [
        (RUSSIAN, "utf-8", "UTF-8"),
        (RUSSIAN, "utf-8-sig", "UTF-8"),
        (RUSSIAN, "utf-16", "UTF-16"),
        (RUSSIAN, "utf-16-le", "UTF-16"),
        (RUSSIAN, "utf-16-be", "UTF-16"),
        (WESTERN, "utf-16-le", "UTF-16"),
        (WESTERN, "utf-16-be", "UTF-16"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (WESTERN, "cp1252", "windows-1252"),
        (csv_of("book_id,title", "1,Dune"), "ascii", "UTF-8"),
        (csv_of("user_id;book_id", *["1;2"] * 5_000, "3;Ärger"), "cp1252", "windows-1252"),
    ],
)
def test_encodings(content: str, encoding: str, name: str) -> None:
    """The encoding is found without being told, and its name is in the report, gzipped or not."""
    for stored in (content.encode(encoding), gzip.compress(content.encode(encoding))):
        table = table_of(stored)
        assert name in table.form
        assert [",".join(filter(None, fields)) for fields in table.fields] == [
            line.replace(";", ",") for line in content.splitlines()[1:]
        ]
        assert table.rejected == []


def test_a_file_of_utf_8_with_a_few_damaged_lines() -> None:
    """It stays UTF-8, and only these lines are rejected."""
    table = table_of(RUSSIAN.encode() + b"4,\xff\xfe,x\n")
    assert table.form.endswith("UTF-8")
    assert len(table.rows) == 3
    assert table.rejected == [(5, "not UTF-8 text")]


def test_undecodable_json() -> None:
    """A line that is no text is rejected, in UTF-16 too."""
    assert table_of(b'{"a": "\xc3\xa4"}\n{"a": "\xc3\xb6"}\n{"a": "\xff"}\n').rejected == [(3, "not text")]
    assert table_of('{"a": "ä"}\n'.encode("utf-16") + b"\n").fields == [["ä"]]
