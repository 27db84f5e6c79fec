"""How tables of text separate their fields."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bookfiles.files import table_of


@pytest.mark.parametrize(
    ("content", "delimiter", "last"),
    [
        ("book_id,title\n1,Dune\n", "commas", ["1", "Dune"]),
        ("user_id;book_id\n", "semicolons", None),
        ("book_id;title;price\n1;A;9,99\n2;B;19,99\n", "semicolons", ["2", "B", "19,99"]),
        ("book_id;title\n1;A, B\n2;C, D\n", "semicolons", ["2", "C, D"]),
        ("tags;title\nf, e, c;x\na, b, d;y\n", "semicolons", ["a, b, d", "y"]),
        ("book_id,subjects\n1,a;b;c\n2,a;b;c\n", "commas", ["2", "a;b;c"]),
        ("book_id,subjects\n1,a|b|c\n2,a|b|c\n", "commas", ["2", "a|b|c"]),
        ('book_id,authors\n1,"A;B"\n2,"C;D, E"\n', "commas", ["2", "C;D, E"]),
        ("book_id\ttitle\n1\tA, B\n", "tabs", ["1", "A, B"]),
        ("book_id|title\n1|A; B\n", "vertical bars", ["1", "A; B"]),
        ("book_id\n1\n", "commas", ["1"]),
        ("Price, EUR;Title\n9,99;A\n12,50;B\n", "semicolons", ["12,50", "B"]),
        ("id,rating;stars\n1,4\n2,5\n", "commas", ["2", "5"]),
        ('"ID";"Name, long";"x"\n"1";"A, B";"y"\n', "semicolons", ["1", "A, B", "y"]),
        ("My books\nbook_id;title\n1;A, B\n", "semicolons", ["1", "A, B"]),
    ],
)
def test_delimiters(content: str, delimiter: str, last: list[str] | None) -> None:
    """The header has its own delimiter; where it has several, rows of one width show which."""
    table = table_of(content)
    assert table.form == f"separated by {delimiter}, UTF-8"
    assert table.fields[-1:] == ([last] if last else [])
    assert table.rejected == []


@pytest.mark.parametrize(
    ("first", "delimiter"), [("sep=;", ";"), ("SEP=,", ","), ("sep=\t", "\t"), ('"sep=|"', "|"), ("\ufeffsep=^", "^")]
)
def test_excels_first_line(first: str, delimiter: str) -> None:
    """It names any delimiter, and is no row."""
    table = table_of(f"{first}\r\nbook_id{delimiter}title\r\n1{delimiter}A\r\n")
    assert (table.header, table.rows) == (["book_id", "title"], [(3, ["1", "A"])])


WORDS = [
    *[
        "Dune",
        "Emma",
        "<p>Hello</p>",
        "a|b",
        "x;y",
        "9,99",
        "12.50",
        "http://e.com/a?b=c;d",
        "l'été",
        "O'Brien",
        "5'",
        "Дюна",
    ],
    'style="color:red;size:12px"',
    '"quoted"',
    '10"',
    "tab\there",
    "line\nbreak",
    "a, b, c",
]
fields = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


tables = st.integers(2, 6).flatmap(
    lambda width: st.lists(st.lists(fields, min_size=width, max_size=width), max_size=8)
)


@given(rows=tables, delimiter=st.sampled_from(",;\t|"), is_quoted=st.booleans())
def test_whatever_the_fields_have(rows: list[list[str]], delimiter: str, is_quoted: bool) -> None:
    """A file of the csv module is read as it was written, whatever delimiters and quotes its fields have."""
    header = [f"column {number}" for number in range(len(rows[0]) if rows else 3)]
    written = io.StringIO(newline="")
    dialect: type[csv.Dialect] = csv.unix_dialect if is_quoted else csv.excel
    csv.writer(written, dialect, delimiter=delimiter).writerows([header, *rows])
    table = table_of(written.getvalue())
    assert table.header == header
    assert table.fields == [row for row in rows if "".join(row).strip()]
    assert table.rejected == []
