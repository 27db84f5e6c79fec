"""Excel workbooks."""

import io
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest

from bookfiles.errors import InvalidFile
from tests.bookfiles.files import table_of
from tests.bookfiles.workbooks import workbook


def test_cells() -> None:
    """Numbers are written without needless decimals, dates in ISO 8601, and truth as 1 and 0."""
    table = table_of(
        workbook(
            [
                ["book_id", "title", "isbn", "when", "is_read"],
                [1.0, "Dune & <co>", 9780441013593.0, datetime(2020, 10, 25, 14, 3, tzinfo=UTC), True],
                [2, None, None, None, False],
                [4.5],
            ]
        )
    )
    assert table.header == ["book_id", "title", "isbn", "when", "is_read"]
    assert table.fields == [
        ["1", "Dune & <co>", "9780441013593", "2020-10-25T14:03:00", "1"],
        ["2", "", "", "", "0"],
        ["4.5", "", "", "", ""],
    ]


def test_blank_rows_and_titles() -> None:
    """They are left out, and rows keep their numbers in Excel."""
    table = table_of(workbook([[], ["My books"], [], ["book_id", "title"], [1, "A"], [None, " "], [2, "B"]]))
    assert table.header == ["book_id", "title"]
    assert table.rows == [(5, ["1", "A"]), (7, ["2", "B"])]


def test_the_first_sheet_that_is_not_empty_is_read() -> None:
    """The form names it if there are others."""
    assert table_of(workbook([], [["a"], [1]])).form == "Excel, sheet Sheet2"
    assert table_of(workbook([], [["a"], [1]], [["b"]])).form == "Excel, sheet Sheet2, the first of 2 sheets"


def broken() -> bytes:
    """An archive that only looks like a workbook."""
    stored = io.BytesIO()
    with ZipFile(stored, "w") as archive:
        archive.writestr("xl/workbook.xml", "<bad")
    return stored.getvalue()


@pytest.mark.parametrize(
    ("stored", "message"), [(broken(), "not a readable Excel workbook"), (workbook([], []), "the file is empty")]
)
def test_an_invalid_workbook_is_refused(stored: bytes, message: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(InvalidFile, match=message):
        table_of(stored)
