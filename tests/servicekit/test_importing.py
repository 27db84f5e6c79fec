"""Importing batch by batch."""

import csv
import gzip
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import pytest

from servicekit import csvfields
from servicekit.csvfields import Fields
from servicekit.csvfile import EndsEarly, NotSuchACsv, RowRefused
from servicekit.importing import BATCH, NAMED, ImportReport, Labels, Layout, check_csv, import_csv, read_csv


def parse(fields: Fields) -> int:
    """A number that is not thirteen."""
    number = csvfields.identifier(fields, "n")
    if number == 13:
        raise RowRefused("n is unlucky")
    return number


PLAIN = Layout(noun="numbers", required=("n",), optional=("note",), parse=parse)
KEYED = Layout(noun="numbers", required=("n",), optional=(), parse=parse, key=lambda number: number)


class Shelf:
    """Where values go: each one is new once."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def store(self, batch: Sequence[int]) -> int:
        known = {number for one in self.batches for number in one}
        self.batches.append(list(batch))
        return len(set(batch) - known)


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_values_are_stored_in_batches(tmp_path: Path) -> None:
    """Full batches and what is left over are stored, in order, and an empty one is not."""
    shelf = Shelf()
    path = written(tmp_path / "n.csv", "n", *range(101, 2 * BATCH + 104))
    report = import_csv(path, PLAIN, store=shelf.store, rejects=tmp_path)
    assert [len(batch) for batch in shelf.batches] == [BATCH, BATCH, 3]
    assert [number for batch in shelf.batches for number in batch] == list(range(101, 2 * BATCH + 104))
    assert report == ImportReport(good=2 * BATCH + 3, changed=2 * BATCH + 3, refused=0)

    shelf = Shelf()
    assert import_csv(written(path, "n"), PLAIN, store=shelf.store, rejects=tmp_path).good == 0
    assert shelf.batches == []


def test_the_report_and_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good, changed and refused rows are counted, said, and the refused ones written down."""
    path = written(tmp_path / "n.csv", "n,other", "1,a", "13,b", "x,c", "1,d")
    report = import_csv(path, PLAIN, store=Shelf().store, rejects=tmp_path / "rejects")
    assert report == ImportReport(good=2, changed=1, refused=2)
    output = capsys.readouterr()
    assert "n.csv: 2 numbers, 1 of them new or changed" in output.out
    assert output.out.count("n.csv: ignored unknown columns: other") == 1
    assert "n.csv: 2 rows could not be used" in output.err
    with (tmp_path / "rejects" / "n.csv.rejects.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["3", "n is unlucky", "13", "b"]
    assert [row[0] for row in rows[1:]] == ["3", "4"]


def test_a_key_stands_once_in_a_file(tmp_path: Path) -> None:
    """The second of a key is refused naming the first one's line; a refused row takes no key."""
    path = written(tmp_path / "n.csv", "n", "5", "13", "7", "5", "05")
    shelf = Shelf()
    report = import_csv(path, KEYED, store=shelf.store, rejects=tmp_path)
    assert shelf.batches == [[5, 7]]
    assert report.refused == 3
    assert (tmp_path / "n.csv.rejects.csv").read_text().count("the same id as on line 2") == 2


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    """What came whole before the break is stored, also the last batch that is not full."""
    shelf = Shelf()
    path = tmp_path / "n.csv.gz"
    whole = "n\n" + "".join(f"{number * 7919 % 99991 + 1}\n" for number in range(1, 40_000))
    path.write_bytes(gzip.compress(whole.encode())[:-20_000])
    with pytest.raises(EndsEarly):
        import_csv(path, PLAIN, store=shelf.store, rejects=tmp_path)
    stored = [number for batch in shelf.batches for number in batch]
    assert len(stored) % BATCH
    assert stored == [int(line) for line in whole.split()[1 : len(stored) + 1]]


def test_a_file_is_checked_without_storing(tmp_path: Path) -> None:
    """A file of another layout is refused by the check, and by the import before anything is stored."""
    path = written(tmp_path / "n.csv", "m", "1")
    shelf = Shelf()
    with pytest.raises(NotSuchACsv):
        check_csv(path, PLAIN)
    with pytest.raises(NotSuchACsv):
        import_csv(path, PLAIN, store=shelf.store, rejects=tmp_path)
    assert shelf.batches == []
    check_csv(written(path, "n", "rubbish"), PLAIN)


class Genre(Enum):
    SCIENCE_FICTION = 1
    POETRY = 2


def test_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Known labels are read once each in their order; unknown ones are counted, and the most frequent are named."""
    labels = Labels(Genre)
    assert labels.read({"c": "Poetry; science-fiction;POETRY;Zen"}, "c") == (Genre.POETRY, Genre.SCIENCE_FICTION)
    assert labels.read({"c": ";".join(f"Z{number}" for number in range(NAMED))}, "c") == ()
    assert labels.read({"c": "Zen"}, "c") == ()
    labels.tell_unknown(tmp_path / "f.csv", "categories")
    said = capsys.readouterr().out
    assert said.startswith("f.csv: ignored unknown categories: Zen (2), Z0 (1), ")
    assert said.endswith(", and 1 more\n")


def test_no_unknown_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where every label is known there is nothing to say."""
    Labels(Genre).tell_unknown(tmp_path / "f.csv", "categories")
    assert capsys.readouterr().out == ""


def test_values_can_be_read_without_an_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They come in order, bad rows go where the caller says, and standard output stays free for the result."""
    path = tmp_path / "numbers.csv"
    path.write_text("n\n1\n13\n2\n")
    refused: list[tuple[int, str]] = []
    values = list(read_csv(path, PLAIN, refuse=lambda row, reason: refused.append((row.line, reason))))
    assert values == [1, 2]
    assert refused == [(3, "n is unlucky")]
    output = capsys.readouterr()
    assert output.out == ""
    assert "reading numbers.csv" in output.err


def test_reading_many_batches(tmp_path: Path) -> None:
    """Whatever the number of values, each comes once."""
    path = tmp_path / "numbers.csv"
    numbers = range(100, 100 + 2 * BATCH + 1)
    path.write_text("\n".join(["n", *map(str, numbers)]))
    assert list(read_csv(path, PLAIN, refuse=lambda _row, _reason: None)) == list(numbers)
