"""The accuracy benchmark on generated data."""

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import accuracy
from bench.__main__ import main
from bench.shapes.named import SHAPES
from bench.shapes.shape import Shape


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
def test_tables_of_both_hold_outs(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every model has a line in each table of each hold-out, with standard errors, and the columns are explained."""
    monkeypatch.setattr(accuracy, "MODELS", ("popularity", "random"))
    accuracy.run(amazon=True, shapes=())
    output = capsys.readouterr().out
    assert "random: 20 readers want 20 books" in output
    lines = output.splitlines()
    for name in ("random", "drift"):
        title = f"Amazon-Book, {name} hold-out, seed 7"
        start = lines.index(f"{title}: all books ranked that are not in the training part")
        assert lines[start + 2].split() == ["model", "Recall@20", "±", "NDCG@20", "±"]
        assert [line.split()[0] for line in lines[start + 4 : start + 6]] == ["popularity", "random"]
        assert f"{title}: by the reader's number of liked books" in lines
        assert f"{title}: other metrics, and the cost of training" in lines
    assert output.count("standard error") == 2


def test_without_the_data_it_is_skipped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without BOOK_DATA, a line says that accuracy is not measured."""
    monkeypatch.delenv("BOOK_DATA", raising=False)
    accuracy.run(amazon=True, shapes=())
    assert capsys.readouterr().out.startswith("accuracy: skipped")


def table_of(output: str, title: str) -> list[list[str]]:
    """The rows of the table whose title begins like this."""
    lines = output.split(f"\n{title}", 1)[1].split("\n\n")[1].splitlines()
    return [line.split() for line in lines[2:]]


@pytest.mark.slow
def test_a_table_for_a_shape(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows are sorted by recall; the ideal list, which is no model, is first, and has an error, too."""
    monkeypatch.setattr(accuracy, "MODELS", ("random", "popularity"))
    accuracy.run(amazon=False, shapes=["fifty-readers"], budget=3)
    output = capsys.readouterr().out
    assert "Amazon" not in output
    rows = table_of(output, "fifty-readers, temporal hold-out, seed 7, budgets of 3 s: all books ranked")
    assert [row[0] for row in rows] == ["ideal", "popularity", "random"]
    # The model, two metrics with their errors, and the share of the ideal.
    assert [len(row) for row in rows] == [6, 6, 6]
    assert [row[-1] for row in rows] == ["1.00", *(f"{float(row[1]) / float(rows[0][1]):.2f}" for row in rows[1:])]
    assert float(rows[0][2]) > 0


@pytest.mark.slow
def test_a_shape_without_times_has_two_tables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is held out at random and with drift, since there is nothing to cut by."""
    monkeypatch.setattr(accuracy, "MODELS", ("random",))
    monkeypatch.setattr(accuracy, "SHAPES", {"tiny": Shape(readers=40, books=100, length=10, tastes=4, times=False)})
    accuracy.run(amazon=False, shapes=["tiny"])
    output = capsys.readouterr().out
    for kind in ("random", "drift"):
        assert len(table_of(output, f"tiny, {kind} hold-out, seed 7")) == 2


@pytest.mark.parametrize(
    ("arguments", "amazon", "shapes", "budget"),
    [
        ([], True, tuple(SHAPES), 20),
        (["--shapes"], False, tuple(SHAPES), 20),
        (["series", "drift", "--budget", "5"], False, ("series", "drift"), 5),
    ],
)
def test_arguments_restrict_what_runs(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], amazon: bool, shapes: tuple[str, ...], budget: float
) -> None:
    """Without arguments all runs; --shapes leaves out Amazon-Book; names leave out the other shapes too."""
    runs: list[dict[str, object]] = []
    monkeypatch.setattr(accuracy, "run", lambda **options: runs.append(options))
    assert CliRunner().invoke(main, ["accuracy", *arguments]).exit_code == 0
    assert runs == [{"amazon": amazon, "shapes": shapes, "budget": budget}]


def test_unknown_shapes_are_refused() -> None:
    """The message lists the names."""
    result = CliRunner().invoke(main, ["accuracy", "nosuch"])
    assert result.exit_code == 2
    assert "'bestsellers'" in result.output
