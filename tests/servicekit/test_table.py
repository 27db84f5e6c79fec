"""Tables in the terminal."""

import pytest

from servicekit.table import print_table


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """The first column is aligned left, the others right, each as wide as its widest cell."""
    print_table("Title", ("model", "s"), [("a", "1.5"), ("longest", "10.25")])
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Title",
        "",
        "model        s",
        "-------  -----",
        "a          1.5",
        "longest  10.25",
        "",
    ]


def test_a_table_without_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """Only its head is printed."""
    print_table("Title", ("model", "s"), [])
    assert capsys.readouterr().out.splitlines()[3:] == ["model  s", "-----  -", ""]
