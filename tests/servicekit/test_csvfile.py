"""Streaming CSV files."""

import csv
import gzip
import time
import tracemalloc
from pathlib import Path

import pytest

from servicekit.csvfile import CsvFile, InvalidCsv, RejectsFile, Row, TruncatedCsv


def opened(path: Path, content: bytes) -> CsvFile:
    """A file of this content with `a` required and `b` optional."""
    path.write_bytes(content)
    return CsvFile(path, required=["a"], optional=["b"])


def read(file: CsvFile) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    """The lines and fields of its valid rows, and the lines and reasons of the rejected ones."""
    rejected: list[tuple[int, str]] = []
    with file:
        good = [(row.line, list(row.fields)) for row in file.rows(lambda row, why: rejected.append((row.line, why)))]
    return good, rejected


def test_rows_have_their_line_in_the_file(tmp_path: Path) -> None:
    """Blank lines and lines within quotes are counted, and a row has the line that it begins on."""
    good, rejected = read(opened(tmp_path / "f.csv", b'a,b\r\n1,2\r\n\r\n3,"4\r\n5"\r\n6,7'))
    assert good == [(2, ["1", "2"]), (4, ["3", "4\r\n5"]), (6, ["6", "7"])]
    assert rejected == []


def test_columns(tmp_path: Path) -> None:
    """Columns may have any case and order; unknown ones are listed in order."""
    with opened(tmp_path / "f.csv", b"z, B ,A,y\n1,2,3,4\n") as file:
        assert (file.column("a"), file.column("b"), file.column("c")) == (2, 1, None)
        assert file.unknown_columns == ("z", "y")


def test_rejected_rows_do_not_stop_the_file(tmp_path: Path) -> None:
    """Each malformed row is rejected with its line, and the one after it is read."""
    content = b'a,b\n1\n2,2\n3,"x"y\n4,4\n5,5,5\n\xff,6\n7,7\n8,\0\n9,"open'
    good, rejected = read(opened(tmp_path / "f.csv", content))
    assert [line for line, _ in good] == [3, 5, 8]
    assert [line for line, _ in rejected] == [2, 4, 6, 7, 9, 10]
    assert [why.split(":")[0] for _, why in rejected] == [
        "1 fields where the header has 2",
        "not CSV",
        "3 fields where the header has 2",
        "not UTF-8 text",
        "not UTF-8 text",
        "not CSV",
    ]


def test_an_unclosed_quote_rejects_only_its_line(tmp_path: Path) -> None:
    """The rows after it are read, whether the file ends first or the csv module gives up."""
    for rows in (3, 50_000):
        later = b"".join(b"%d,x\n" % number for number in range(rows))
        good, rejected = read(opened(tmp_path / "f.csv", b'a,b\n1,"open\n' + later))
        assert [line for line, _ in good] == list(range(3, 3 + rows))
        assert [line for line, _ in rejected] == [2]


def test_a_row_of_the_wrong_width_rejects_only_its_first_line(tmp_path: Path) -> None:
    """If a stray quote joins two rows, the second one is still read."""
    good, rejected = read(opened(tmp_path / "f.csv", b'a,b\n1,"open\n2,x",y\n3,4\n'))
    assert good == [(4, ["3", "4"])]
    assert [line for line, _ in rejected] == [2, 3]


def test_a_rejected_row_is_kept_unchanged(tmp_path: Path) -> None:
    """The line itself is rejected."""
    rejected: list[Row] = []
    with opened(tmp_path / "f.csv", b'a,b\n1,"x"y\r\n1,2,3\n') as file:
        assert list(file.rows(lambda row, _why: rejected.append(row))) == []
    assert rejected == [Row(2, ['1,"x"y']), Row(3, ["1,2,3"])]


def test_position_reaches_the_size(tmp_path: Path) -> None:
    """Both are in bytes of the file as stored, gzipped or not."""
    content = b"a\n" + b"".join(b"%d\n" % number for number in range(20_000))
    for name, stored in [("f.csv", content), ("f.csv.gz", gzip.compress(content))]:
        with opened(tmp_path / name, stored) as file:
            assert file.size == len(stored)
            assert sum(1 for _ in file.rows(lambda _row, why: pytest.fail(why))) == 20_000
            assert file.position == file.size


def test_gzip_is_recognised_by_its_content(tmp_path: Path) -> None:
    """The name does not matter."""
    assert read(opened(tmp_path / "f.csv", gzip.compress(b"a\n1\n")))[0] == [(2, ["1"])]
    assert read(opened(tmp_path / "f.csv.gz", b"a\n1\n"))[0] == [(2, ["1"])]


def test_a_gzip_file_that_is_cut_off_or_damaged(tmp_path: Path) -> None:
    """The rows before the damage are read, and then TruncatedCsv names the last line."""
    content = b"a\n" + b"".join(b"%d\n" % (number * 7919 % 99991) for number in range(50_000))
    stored = bytearray(gzip.compress(content))
    cut = bytes(stored[:-2000])
    stored[-3000] ^= 255
    for damaged, in_order in ((cut, True), (bytes(stored), False)):
        lines: list[int] = []
        with opened(tmp_path / "f.csv", damaged) as file, pytest.raises(TruncatedCsv, match=r"f\.csv: .* line \d+$"):
            lines.extend(row.line for row in file.rows(lambda _row, _why: None))
        assert len(lines) > 10_000
        # Damaged bytes may unpack to something else before the checksum fails.
        assert not in_order or lines == list(range(2, len(lines) + 2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"b,c\n", "no column a in the header; required are a, optional are b"),
        (b"a,b,B\n", "the header names b twice"),
        (b"a,\xff\n", "not a CSV file in UTF-8"),
        (b"a,\0\n", "not a CSV file in UTF-8"),
        (b'"a"x\n', "the header is not CSV"),
        (b"\x1f\x8b\x08", "not a readable gzip file"),
    ],
)
def test_an_invalid_file_is_rejected(tmp_path: Path, content: bytes, message: str) -> None:
    """Entering raises InvalidCsv with one line that begins with the name of the file."""
    with pytest.raises(InvalidCsv) as caught, opened(tmp_path / "f.csv", content):
        pass
    assert str(caught.value).startswith(f"{tmp_path / 'f.csv'}: {message}")
    assert "\n" not in str(caught.value)


def test_the_rejects_file_is_created_with_its_first_row(tmp_path: Path) -> None:
    """Without rows there is no file; otherwise it has lines, reasons and fields."""
    path = tmp_path / "deep" / "rejects.csv"
    with RejectsFile(path):
        pass
    assert not path.exists()
    with RejectsFile(path) as rejects:
        rejects.add(Row(3, ["x", 'say "no", please']), "no, really")
        rejects.add(Row(9, ["Caf\udce9"]), "not UTF-8 text")
        assert rejects.count == 2
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["line", "reason", "row"],
            ["3", "no, really", "x", 'say "no", please'],
            ["9", "not UTF-8 text", "Caf\\udce9"],
        ]


def test_rejects_of_an_earlier_import_are_removed(tmp_path: Path) -> None:
    """A file that is valid by now has no rejects file."""
    path = tmp_path / "rejects.csv"
    for rows in ([Row(3, ["x"])], []):
        with RejectsFile(path) as rejects:
            for row in rows:
                rejects.add(row, "no")
        assert path.exists() == bool(rows)


def hostile_quotes(count: int) -> bytes:
    """Each line, read as the first one of a row, opens a quote that reaches the end of the file."""
    return b'a,b\n1,"\n' + b'b","a\n' * count


@pytest.mark.parametrize(
    ("content", "invalid"),
    [
        (b"a," + b",".join(b"c%d" % number for number in range(20_000)) + b"\n", False),
        (b"a," + b",".join(b"c%d" % (number // 2) for number in range(20_000)) + b"\n", True),
        (b"a" + b",c" * 20_000 + b"\n", True),
        (hostile_quotes(10_000), False),
        (b"a,b\n" + b'1,"open\n' * 20_000, False),
    ],
    ids=["columns", "pairs of columns", "one column", "quotes", "open quotes"],
)
def test_hostile_files_take_time_in_proportion_to_their_size(tmp_path: Path, content: bytes, invalid: bool) -> None:
    """Neither a header nor quotes make the reader go over the file again and again; messages are short."""
    file = opened(tmp_path / "f.csv", content)
    began = time.process_time()
    if invalid:
        with pytest.raises(InvalidCsv) as caught:
            read(file)
        assert len(str(caught.value)) < len(str(file.path)) + 300
    else:
        good, _ = read(file)
        assert good == []
    assert time.process_time() - began < 3.0


@pytest.mark.parametrize("line", [b"xy," * 3_000_000, b"x" * 9_000_000], ids=["fields", "field"])
def test_a_row_takes_a_limited_amount_of_memory(tmp_path: Path, line: bytes) -> None:
    """A longer one is rejected, and the row after it is read; a header of that length is no CSV."""
    file = opened(tmp_path / "f.csv", b"a,b\n" + line + b"\n1,2\n")
    tracemalloc.start()
    good, rejected = read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (good, [line for line, _ in rejected]) == ([(3, ["1", "2"])], [2])
    assert peak < 32_000_000
    with pytest.raises(InvalidCsv, match="longer than 1,048,576 characters"):
        read(opened(tmp_path / "f.csv", b"a," + line + b"\n1,2\n"))
