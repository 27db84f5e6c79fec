"""CSV files as streams."""

import csv
import gzip
from pathlib import Path

import pytest

from servicekit.csvfile import CsvFile, EndsEarly, NotSuchACsv, RejectsFile, Row


def opened(path: Path, content: bytes) -> CsvFile:
    """A file of this content with `a` required and `b` optional."""
    path.write_bytes(content)
    return CsvFile(path, required=["a"], optional=["b"])


def read(file: CsvFile) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    """Its good rows, and the refused ones with their reasons."""
    refused: list[tuple[int, str]] = []
    with file:
        good = [(row.line, list(row.fields)) for row in file.rows(lambda row, why: refused.append((row.line, why)))]
    return good, refused


def test_rows_have_their_line_in_the_file(tmp_path: Path) -> None:
    """Lines count blank ones and those inside of quotes, and a row has the line that it begins on."""
    good, refused = read(opened(tmp_path / "f.csv", b'a,b\r\n1,2\r\n\r\n3,"4\r\n5"\r\n6,7'))
    assert good == [(2, ["1", "2"]), (4, ["3", "4\r\n5"]), (6, ["6", "7"])]
    assert refused == []


def test_columns(tmp_path: Path) -> None:
    """Columns are found whatever their case and place, and those unknown are told in order."""
    with opened(tmp_path / "f.csv", b"z, B ,A,y\n1,2,3,4\n") as file:
        assert (file.column("a"), file.column("b"), file.column("c")) == (2, 1, None)
        assert file.unknown_columns == ("z", "y")


def test_refused_rows_do_not_stop_the_file(tmp_path: Path) -> None:
    """Each malformed row is told with its line, and the one after it is read."""
    content = b'a,b\n1\n2,2\n3,"x"y\n4,4\n5,5,5\n\xff,6\n7,7\n8,\0\n9,"open'
    good, refused = read(opened(tmp_path / "f.csv", content))
    assert [line for line, _ in good] == [3, 5, 8]
    assert [line for line, _ in refused] == [2, 4, 6, 7, 9, 10]
    assert [why.split(":")[0] for _, why in refused] == [
        "1 fields where the header has 2",
        "not CSV",
        "3 fields where the header has 2",
        "not UTF-8 text",
        "not UTF-8 text",
        "not CSV",
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    """The rows after it are read, under their own lines, whether the file ends first or csv gives up."""
    for rows in (3, 50_000):
        later = b"".join(b"%d,x\n" % number for number in range(rows))
        good, refused = read(opened(tmp_path / "f.csv", b'a,b\n1,"open\n' + later))
        assert [line for line, _ in good] == list(range(3, 3 + rows))
        assert [line for line, _ in refused] == [2]


def test_a_row_of_the_wrong_width_costs_its_first_line_only(tmp_path: Path) -> None:
    """Where a stray quote joins two rows, the second one is still read."""
    good, refused = read(opened(tmp_path / "f.csv", b'a,b\n1,"open\n2,x",y\n3,4\n'))
    assert good == [(4, ["3", "4"])]
    assert [line for line, _ in refused] == [2, 3]


def test_a_refused_row_is_kept_as_it_stands(tmp_path: Path) -> None:
    """What goes to the rejects is the line itself."""
    refused: list[Row] = []
    with opened(tmp_path / "f.csv", b'a,b\n1,"x"y\r\n1,2,3\n') as file:
        assert list(file.rows(lambda row, _why: refused.append(row))) == []
    assert refused == [Row(2, ['1,"x"y']), Row(3, ["1,2,3"])]


def test_position_reaches_the_size(tmp_path: Path) -> None:
    """Progress is told in bytes of the file as stored, gzipped or not."""
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
    """The rows before the break are read, and then EndsEarly names the last line."""
    content = b"a\n" + b"".join(b"%d\n" % (number * 7919 % 99991) for number in range(50_000))
    stored = bytearray(gzip.compress(content))
    cut = bytes(stored[:-2000])
    stored[-3000] ^= 255
    for damaged, in_order in ((cut, True), (bytes(stored), False)):
        lines: list[int] = []
        with opened(tmp_path / "f.csv", damaged) as file, pytest.raises(EndsEarly, match=r"f\.csv: .* line \d+$"):
            lines.extend(row.line for row in file.rows(lambda _row, _why: None))
        assert len(lines) > 10_000
        # Damaged bytes may unpack to something else before gzip's checksum tells.
        assert not in_order or lines == list(range(2, len(lines) + 2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"b,c\n", "no column a in the header; needed are a and known are also b"),
        (b"a,b,B\n", "the header names b twice"),
        (b"a,\xff\n", "not a CSV file in UTF-8"),
        (b"a,\0\n", "not a CSV file in UTF-8"),
        (b'"a"x\n', "the header is not CSV"),
        (b"\x1f\x8b\x08", "not a readable gzip file"),
    ],
)
def test_not_such_a_csv(tmp_path: Path, content: bytes, message: str) -> None:
    """What cannot be such a file at all is refused on entry, in one line that begins with its name."""
    with pytest.raises(NotSuchACsv) as caught, opened(tmp_path / "f.csv", content):
        pass
    assert str(caught.value).startswith(f"{tmp_path / 'f.csv'}: {message}")
    assert "\n" not in str(caught.value)


def test_rejects_are_made_with_the_first_row(tmp_path: Path) -> None:
    """Without a row there is no file; with some there are line, reason and the row's own fields."""
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


def test_rejects_of_an_earlier_import_go(tmp_path: Path) -> None:
    """A file that is clean by now leaves no old rejects behind."""
    path = tmp_path / "rejects.csv"
    for rows in ([Row(3, ["x"])], []):
        with RejectsFile(path) as rejects:
            for row in rows:
                rejects.add(row, "no")
        assert path.exists() == bool(rows)
