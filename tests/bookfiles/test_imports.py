"""Importing CSV files in batches."""

import csv
import gzip
from collections.abc import Sequence
from enum import Enum
from itertools import chain
from pathlib import Path

import pytest

from servicekit import csvfields
from servicekit.csvfields import Fields
from servicekit.csvfile import InvalidCsv, InvalidRow, TruncatedCsv
from servicekit.csvimport import BATCH, MAX_PRINTED, ImportReport, Labels, Layout, check_csv, import_csv, read_csv


def parse(fields: Fields) -> int:
    """A number that is not thirteen."""
    number = csvfields.identifier(fields, "n")
    if number == 13:
        raise InvalidRow("n is unlucky")
    return number


PLAIN = Layout(noun="numbers", required=("n",), optional=("note",), parse=parse)
KEYED = Layout(noun="numbers", required=("n",), optional=(), parse=parse, key=lambda number: number)


class Numbers:
    """Stores batches of numbers."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def store(self, batch: Sequence[int]) -> int:
        known = set(chain.from_iterable(self.batches))
        self.batches.append(list(batch))
        return len(set(batch) - known)


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_values_are_stored_in_batches(tmp_path: Path) -> None:
    """Full batches and the rest are stored, in order; an empty batch is not."""
    numbers = Numbers()
    path = written(tmp_path / "n.csv", "n", *range(101, 2 * BATCH + 104))
    report = import_csv(path, PLAIN, store=numbers.store, rejects=tmp_path)
    assert [len(batch) for batch in numbers.batches] == [BATCH, BATCH, 3]
    assert list(chain.from_iterable(numbers.batches)) == list(range(101, 2 * BATCH + 104))
    assert report == ImportReport(good=2 * BATCH + 3, changed=2 * BATCH + 3, rejected=0)

    numbers = Numbers()
    assert import_csv(written(path, "n"), PLAIN, store=numbers.store, rejects=tmp_path).good == 0
    assert numbers.batches == []


def test_report_and_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Valid, changed and rejected rows are counted and printed, and the rejected ones are written to a file."""
    path = written(tmp_path / "n.csv", "n,other", "1,a", "13,b", "x,c", "1,d")
    report = import_csv(path, PLAIN, store=Numbers().store, rejects=tmp_path / "rejects")
    assert report == ImportReport(good=2, changed=1, rejected=2)
    output = capsys.readouterr()
    assert "n.csv: 2 numbers, 1 of them new or changed" in output.out
    assert output.out.count("n.csv: ignored unknown columns: other") == 1
    assert "n.csv: 2 rows could not be used" in output.err
    with (tmp_path / "rejects" / "n.csv.rejects.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["3", "n is unlucky", "13", "b"]
    assert [row[0] for row in rows[1:]] == ["3", "4"]


def test_a_repeated_key_is_rejected(tmp_path: Path) -> None:
    """The reason names the line of the first row with the key; rejected rows have no key."""
    path = written(tmp_path / "n.csv", "n", "5", "13", "7", "5", "05")
    numbers = Numbers()
    report = import_csv(path, KEYED, store=numbers.store, rejects=tmp_path)
    assert numbers.batches == [[5, 7]]
    assert report.rejected == 3
    assert (tmp_path / "n.csv.rejects.csv").read_text().count("the same id as on line 2") == 2


def test_a_truncated_file(tmp_path: Path) -> None:
    """All rows before the damage are stored, including a last batch that is not full."""
    numbers = Numbers()
    path = tmp_path / "n.csv.gz"
    whole = "n\n" + "".join(f"{number * 7919 % 99991 + 1}\n" for number in range(1, 40_000))
    path.write_bytes(gzip.compress(whole.encode())[:-20_000])
    with pytest.raises(TruncatedCsv):
        import_csv(path, PLAIN, store=numbers.store, rejects=tmp_path)
    stored = list(chain.from_iterable(numbers.batches))
    assert len(stored) % BATCH
    assert stored == [int(line) for line in whole.split()[1 : len(stored) + 1]]


def test_a_file_is_checked_without_storing(tmp_path: Path) -> None:
    """A file without the columns fails the check, and the import before anything is stored."""
    path = written(tmp_path / "n.csv", "m", "1")
    numbers = Numbers()
    with pytest.raises(InvalidCsv):
        check_csv(path, PLAIN)
    with pytest.raises(InvalidCsv):
        import_csv(path, PLAIN, store=numbers.store, rejects=tmp_path)
    assert numbers.batches == []
    check_csv(written(path, "n", "rubbish"), PLAIN)


class Genre(Enum):
    SCIENCE_FICTION = 1
    POETRY = 2


def test_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Known labels are read once each, in order; unknown ones are counted, and the most frequent are printed."""
    labels = Labels(Genre)
    assert labels.read({"c": "Poetry; science-fiction;POETRY;Zen"}, "c") == (Genre.POETRY, Genre.SCIENCE_FICTION)
    assert labels.read({"c": ";".join(f"Z{number}" for number in range(MAX_PRINTED))}, "c") == ()
    assert labels.read({"c": "Zen"}, "c") == ()
    labels.print_unknown(tmp_path / "f.csv", "categories")
    output = capsys.readouterr().out
    assert output.startswith("f.csv: ignored unknown categories: Zen (2), Z0 (1), ")
    assert output.endswith(", and 1 more\n")


def test_no_unknown_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed."""
    Labels(Genre).print_unknown(tmp_path / "f.csv", "categories")
    assert capsys.readouterr().out == ""


def test_values_can_be_read_without_an_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They come in order, rejected rows go to the callback, and standard output stays free for the result."""
    path = written(tmp_path / "numbers.csv", "n", 1, 13, 2)
    rejected: list[tuple[int, str]] = []
    values = list(read_csv(path, PLAIN, reject=lambda row, reason: rejected.append((row.line, reason))))
    assert values == [1, 2]
    assert rejected == [(3, "n is unlucky")]
    output = capsys.readouterr()
    assert output.out == ""
    assert "reading numbers.csv" in output.err


def test_reading_many_batches(tmp_path: Path) -> None:
    """Every row is read once."""
    values = range(100, 100 + 2 * BATCH + 1)
    path = written(tmp_path / "numbers.csv", "n", *values)
    assert list(read_csv(path, PLAIN, reject=lambda _row, _reason: None)) == list(values)
