"""Files that are made to take long, or much memory."""

import time
import tracemalloc

import pytest

from bookfiles.errors import InvalidFile
from tests.bookfiles.files import table_of


def quotes(count: int) -> bytes:
    """Each line, read as the first one of a row, opens a quote that reaches the end of the file."""
    return b'a,b\n1,"\n' + b'b","a\n' * count


@pytest.mark.parametrize(
    "content",
    [
        b"a," + b",".join(b"c%d" % number for number in range(20_000)) + b"\n" + b"1\n" * 20_000,
        b"a" + b",c" * 20_000 + b"\n",
        quotes(10_000),
        b"a,b\n" + b'1,"open\n' * 20_000,
        b"a,b\n" + b'1,"x \\"y\\" z"\n' * 20_000,
        b"a,b\n" + b'1,"x"\n' * 70 + b'1,"x \\"y\\" z"\n' * 20_000,
        b"a,b;c\n" + b"1.1.1.1." * 2_400,
        b"a,b;c\n" + b"1" * 19_000,
        b"a,b;c|d\n" + b'"",;|\t' * 3_000,
        (b'"' * 300 + b",;|\\\n") * 60,
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b'}\n{"a": 1}\n',
        b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}\n",
        b"a,b\n1," + b"\xe9\xe8 caf\xe9 " * 100_000 + b"\n",
    ],
    ids=[
        "columns",
        "one column",
        "quotes",
        "open quotes",
        "escapes",
        "late escapes",
        "numbers",
        "digits",
        "delimiters",
        "quotes and delimiters",
        "deep JSON",
        "nested JSON",
        "a line in another encoding",
    ],
)
def test_they_take_time_in_proportion_to_their_size(content: bytes) -> None:
    """Neither a header nor quotes make the reader go over the file again and again; messages are short."""
    began = time.process_time()
    try:
        messages = [why for _, why in table_of(content).rejected]
    except InvalidFile as error:
        messages = [str(error)]
    assert time.process_time() - began < 2.0
    assert max(map(len, messages), default=0) < 300


def test_a_thousand_columns_with_short_rows() -> None:
    """The most columns that are read cost no more than a moment for each of many short rows."""
    began = time.process_time()
    header = ",".join(f"c{number}" for number in range(1_000))
    assert len(table_of(f"{header}\n" + "1\n" * 5_000).rows) == 5_000
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("line", [b"xy," * 3_000_000, b"x" * 9_000_000], ids=["fields", "field"])
def test_a_row_takes_a_limited_amount_of_memory(line: bytes) -> None:
    """A longer one is rejected, and the row after it is read; a header of that length is no CSV."""
    content = b"a,b\n" + line + b"\n1,2\n"
    tracemalloc.start()
    table = table_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (table.rows, [line for line, _ in table.rejected]) == ([(3, ["1", "2"])], [2])
    assert peak < 32_000_000
    with pytest.raises(InvalidFile, match="longer than 1,048,576 characters"):
        table_of(b"a," + line + b"\n1,2\n")


def test_a_line_of_json_takes_a_limited_amount_of_memory() -> None:
    """A longer one is no object."""
    content = b'{"a": 1}\n{"a": "' + b"x" * 9_000_000 + b'"}\n{"a": 2}\n'
    tracemalloc.start()
    table = table_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.fields == [["1"], ["2"]]
    assert {why for _, why in table.rejected} == {"not a JSON object"}
    assert peak < 32_000_000
