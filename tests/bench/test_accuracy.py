"""The accuracy benchmark on generated data."""

import gzip
from pathlib import Path

import pytest

from bench import accuracy


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for BOOK_DATA: twenty readers with six of ten books each."""
    folder = tmp_path / "amazon-book"
    folder.mkdir()
    (folder / "books.csv").write_text("book_id,title\n" + "".join(f"{book},\n" for book in range(1, 11)))
    rows = "".join(f"{reader},{(reader + book) % 10 + 1}\n" for reader in range(1, 21) for book in range(6))
    (folder / "interactions.csv.gz").write_bytes(gzip.compress(f"user_id,book_id\n{rows}".encode()))
    monkeypatch.setenv("BOOK_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_one_table_of_both_hold_outs(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every model has a line for each hold-out, with a standard error, and the columns are explained."""
    monkeypatch.setattr(accuracy, "MODELS", ("popularity", "random"))
    accuracy.run()
    output = capsys.readouterr().out
    assert "random fifth: 20 readers want 20 books" in output
    head = next(line for line in output.splitlines() if line.startswith("hold-out"))
    assert {"Recall@20", "±", "NDCG@20"} <= set(head.split())
    rows = [line for line in output.splitlines() if "popularity  " in line or "random   " in line]
    assert [line.split()[:-9] for line in rows] == [
        ["random", "fifth", "popularity"],
        ["random", "fifth", "random"],
        ["drift", "popularity"],
        ["drift", "random"],
    ]
    assert "standard error" in output


def test_without_the_data_it_is_skipped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without BOOK_DATA, a line says that accuracy is not measured."""
    monkeypatch.delenv("BOOK_DATA", raising=False)
    accuracy.run()
    assert capsys.readouterr().out.startswith("accuracy: skipped")
