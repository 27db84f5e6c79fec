"""The file of refused rows."""

import csv
from pathlib import Path

from bookfiles.form.rows import RejectsFile, Row


def test_the_rejects_file_is_created_with_its_first_row(tmp_path: Path) -> None:
    """Without rows there is no file; otherwise it has lines, reasons and fields."""
    path = tmp_path / "deep" / "rejects.csv"
    with RejectsFile(path):
        pass
    assert not path.exists()
    with RejectsFile(path) as rejects:
        rejects.add(Row(3, ["x", 'say "no", please', None]), "no, really")
        rejects.add(Row(9, ["Caf\udce9"]), "not UTF-8 text")
        assert rejects.count == 2
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["line", "reason", "row"],
            ["3", "no, really", "x", 'say "no", please', ""],
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
