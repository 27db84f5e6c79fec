"""Whatever a file has, it is read or refused as a whole."""

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from bookfiles.columns.books import BOOKS
from bookfiles.columns.interactions import INTERACTIONS
from bookfiles.errors import InvalidFile
from tests.bookfiles.files import books_of, interactions_of

NAMES = [name for meaning in (*BOOKS, *INTERACTIONS) for name in meaning.names.split()[:4]]
FIELDS = [
    "",
    "1",
    "5",
    "10",
    "x",
    "NULL",
    "2020-10-25",
    "5/1/2008",
    "9.99",
    '"',
    '""',
    "\\",
    "\0",
    "é",
    "a,b",
    "; ",
    "\n",
]
lines = st.lists(st.sampled_from([*NAMES, *FIELDS]), max_size=6).flatmap(
    lambda fields: st.sampled_from(",;\t|").map(lambda delimiter: delimiter.join(fields))
)
files = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(lines, max_size=8).map(lambda rows: "\n".join(rows).encode()),
    st.lists(lines, max_size=8).map(
        lambda rows: "\r\n".join(["user_id,book_id,rating,date", *rows]).encode("utf-16")
    ),
    st.lists(lines, max_size=8).map(
        lambda rows: "\n".join(["id;title;authors;price", *rows]).encode("cp1251", "ignore")
    ),
)


@given(content=files)
@example(b"\x1f\x8b")
@example(b"PK\x03\x04")
@example(b"PK\x05\x06")
@example(b"\xff\xfe")
@example(b"\xff\xfe\x00")
@example(b"{")
@example(b"sep=;\n")
@example(b'sep=;\n"')
def test_any_file(content: bytes) -> None:
    """No other error is raised, each row is counted once, and its line is in the file."""
    for read_all in (books_of, interactions_of):
        with suppress(InvalidFile):
            read = read_all(content)
            report = read.report
            assert report.rows == report.good + report.refused + report.skipped.total()
            assert report.good == len(read.records)
            assert set(read.refused) <= set(range(1, len(content) + 2))
