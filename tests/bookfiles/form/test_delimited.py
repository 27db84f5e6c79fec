"""Tables of text with a delimiter."""

import gzip
import io
from pathlib import Path

import pytest

from bookfiles.errors import InvalidFile
from bookfiles.form.files import open_table
from bookfiles.form.rows import Row
from tests.bookfiles.files import csv_of, table_of


def test_rows_have_their_line_in_the_file() -> None:
    """Blank lines and lines within quotes are counted, and a row has the line that it begins on."""
    table = table_of('a,b\r\n1,2\r\n\r\n3,"4\r\n5"\r\n6,7')
    assert table.rows == [(2, ["1", "2"]), (4, ["3", "4\r\n5"]), (6, ["6", "7"])]
    assert table.rejected == []


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_newlines(newline: str) -> None:
    """Lines may end in any way."""
    assert table_of(newline.join(["a,b", "1,2", "3,4"])).rows == [(2, ["1", "2"]), (3, ["3", "4"])]


def test_rejected_rows_do_not_stop_the_file() -> None:
    """Each malformed row is rejected with its line, and the one after it is read."""
    table = table_of(b'a,b\n2,\xc3\xa9\n3,"x"y\n4,4\n5,5,5\n\xff,6\n7,7\n8,\0\n9,"open')
    assert [line for line, _ in table.rows] == [2, 4, 7]
    assert table.rejected == [
        (3, "not CSV: ',' expected after '\"'"),
        (5, "3 fields where the header has 2"),
        (6, "not UTF-8 text"),
        (8, "not UTF-8 text"),
        (9, "not CSV: unexpected end of data"),
    ]


def test_an_unclosed_quote_rejects_only_its_line() -> None:
    """The rows after it are read, whether the file ends first or the csv module gives up."""
    for rows in (3, 50_000):
        later = "".join(f"{number},x\n" for number in range(rows))
        table = table_of(f'a,b\n1,"open\n{later}')
        assert [line for line, _ in table.rows] == list(range(3, 3 + rows))
        assert [line for line, _ in table.rejected] == [2]


def test_a_row_of_the_wrong_width_rejects_only_its_first_line() -> None:
    """If a stray quote joins two rows, the second one is still read."""
    table = table_of('a,b\n1,"open\n2,x",y\n3,4\n')
    assert table.rows == [(4, ["3", "4"])]
    assert [line for line, _ in table.rejected] == [2, 3]


def test_a_rejected_row_is_kept_unchanged() -> None:
    """The line itself is rejected."""
    assert table_of('a,b\n1,"x"y\r\n1,2,3\n').kept == [Row(2, ['1,"x"y']), Row(3, ["1,2,3"])]


def test_short_and_long_rows() -> None:
    """Missing last fields are None, and empty ones beyond the header are left out."""
    table = table_of("a,b,c\n1\n2,\n3,x,y,, \n,,,,\n")
    assert table.fields == [["1", None, None], ["2", "", None], ["3", "x", "y"]]
    assert table.rejected == []


def test_a_delimiter_at_the_end_of_rows() -> None:
    """It may be in every row and not in the header, or in the header alone."""
    assert table_of("a,b\n1,2,\n3,4,\n").fields == [["1", "2"], ["3", "4"]]
    assert table_of("a,b,\n1,2\n").fields == [["1", "2", None]]


def test_blank_rows_and_columns() -> None:
    """Blank rows are left out, also those of delimiters; columns without a name are kept in their places."""
    table = table_of("\n,,\n \nbook_id,,title\n\n1,,A\n,,\n\t\n2,,B\n")
    assert (table.header, table.fields) == (["book_id", "", "title"], [["1", "", "A"], ["2", "", "B"]])


@pytest.mark.parametrize(
    "above",
    [
        "Library export\n",
        "Library export,,\n\n",
        "# made on 2020-10-25\n",
        '"My books"\n"of Ann"\n',
    ],
)
def test_titles_above_the_header(above: str) -> None:
    """Lines of one field above the header are left out."""
    table = table_of(f"{above}book_id,title,authors\n1,A,B\n2,C\n")
    assert table.header == ["book_id", "title", "authors"]
    assert table.fields == [["1", "A", "B"], ["2", "C", None]]


def test_one_column_is_no_title() -> None:
    """A header of one column stays the header, whatever its rows have."""
    assert table_of("isbn\n9780441013593\n0441013597,1\n").header == ["isbn"]
    assert table_of("isbn\n").header == ["isbn"]


def test_a_header_that_is_repeated() -> None:
    """Files put behind one another have their header again, and it is no row."""
    assert table_of("a,b\n1,2\na,b\n3,4\n").rows == [(2, ["1", "2"]), (4, ["3", "4"])]


@pytest.mark.parametrize(
    "header",
    [
        "\ufeff\ufeffbook_id,title",
        '\ufeff"book_id","title"',
        "book_id\u00a0,\u200btitle",
        '"""book_id""", "title "',
        " book_id , title\t",
    ],
)
def test_invisible_characters_and_quotes_around_names(header: str) -> None:
    """They are no part of a column's name."""
    assert table_of(f"{header}\n1,A\n").header == ["book_id", "title"]


def test_quoted_fields() -> None:
    """Delimiters, quotes and line breaks within quotes belong to the field; a space before a quote does not."""
    table = table_of('a,b,c\n1, "x, y; z","say ""no"""\n2,"one\ntwo,\n\nthree",5" disk\n')
    assert table.fields == [["1", "x, y; z", 'say "no"'], ["2", "one\ntwo,\n\nthree", '5" disk']]


def test_backslashes_before_quotes() -> None:
    r"""As in BookCrossing's and MySQL's files, `\"` is a quote, and `\N` no value."""
    content = csv_of(
        '"ISBN";"Book-Title";"Book-Author"',
        r'"1";"The \"Real\" J; \"x\"";"A"',
        r'"2";"He said \"hi\"";\N',
        r'\N;"C";"\N"',
        '"3";"D ""E""";"F"',
    )
    assert table_of(content).fields == [
        ["1", 'The "Real" J; "x"', "A"],
        ["2", 'He said "hi"', ""],
        ["", "C", "N"],
        ["3", 'D "E"', "F"],
    ]


def test_backslashes_that_are_data() -> None:
    """A path that ends with a backslash stays what it is."""
    assert table_of('a,b\n1,"C:\\dir\\"\n2,"D:\\x"\n').fields == [["1", "C:\\dir\\"], ["2", "D:\\x"]]


def test_backslashes_that_are_not_in_the_first_lines() -> None:
    """A row that is malformed without them is read with them, and the other way round."""
    plain = [f'{number},"x"' for number in range(100)]
    late = table_of(csv_of("a,b", *plain, r'100,"say \"no\", then"', '101,"y"'))
    assert late.fields[-2:] == [["100", 'say "no", then'], ["101", "y"]]
    early = table_of(csv_of("a,b", r'1,"say \"no\" now"', *plain, '100,"C:\\dir\\"', '101,"y"'))
    assert early.fields[-2:] == [["100", "C:\\dir\\"], ["101", "y"]]
    assert late.rejected == early.rejected == []


def test_form() -> None:
    """It names the delimiter, the encoding and the packing."""
    assert table_of("a;b\n").form == "separated by semicolons, UTF-8"
    assert table_of(gzip.compress("a\tb\n".encode("utf-16"))).form == "separated by tabs, UTF-16, gzipped"


def test_position_reaches_the_size() -> None:
    """Both are in bytes of the file as stored, gzipped or not."""
    content = b"a\n" + b"".join(b"%d\n" % number for number in range(20_000))
    for stored in (content, gzip.compress(content)):
        with open_table(Path("f.csv"), opened=io.BytesIO(stored)) as table:
            assert table.size == len(stored)
            assert sum(1 for _ in table.rows(lambda _row, why: pytest.fail(why))) == 20_000
            assert table.position == table.size


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n,,\n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"a,\xff\n\xc3\xa9,\xc3\xa9\n", "not a file of text"),
        (b"book_id,title\0\n1,Dune\n", "not a file of text"),
        (b'"a"x\n', "the header is not CSV"),
        (b"a," * 1_000 + b"\n", "more than 1,000 columns"),
    ],
)
def test_an_invalid_file_is_refused(content: bytes, message: str) -> None:
    """InvalidFile has one line that begins with the name of the file."""
    with pytest.raises(InvalidFile) as caught:
        table_of(content)
    assert str(caught.value).startswith(f"file.csv: {message}")
    assert "\n" not in str(caught.value)


def test_rows_can_be_read_again() -> None:
    """A file is read twice, from the start."""
    with open_table(Path("f.csv"), opened=io.BytesIO(b"a\n1\n2\n")) as table:
        assert list(table.rows(lambda *_: None)) == list(table.rows(lambda *_: None))
