"""The `evaluate` command, from its files to its output."""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from recommendations.cli import main
from recommendations.evaluation import IMPLICIT, MODELS, SHIPPED, SIMPLE

pytestmark = pytest.mark.usefixtures("restored_logging")

READERS, BOOKS, TASTES = 40, 24, 4


def write(path: Path, rows: list[str], header: str = "user_id,book_id") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Four groups of readers, each reader with five of the six books of their group."""
    rows = [
        f"{reader},{book}"
        for reader in range(1, READERS + 1)
        for book in range(1, BOOKS + 1)
        if (book - reader) % TASTES == 0 and (book + reader // TASTES) % (BOOKS // TASTES)
    ]
    return write(tmp_path / "history.csv", rows)


def run(*arguments: object) -> Result:
    """Run `evaluate` in this process; trainings run in other processes."""
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def printed(result: Result) -> dict[str, Any]:
    """The JSON object on standard output."""
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.mark.slow
def test_all_models_on_a_split_as_json(history: Path, tmp_path: Path) -> None:
    """Standard output is one object with the metrics of every model; groups are learned, and the chart is drawn."""
    picture = tmp_path / "chart.svg"
    report = printed(run("--interactions", history, "--json", "--k", 1, "--seed", 3, "--chart", picture))
    assert (report["k"], report["split"], report["seed"], report["books"]) == (1, "random", 3, BOOKS)
    assert report["readers"] > 0
    assert report["training_interactions"] + report["test_interactions"] == len(history.read_text().splitlines()) - 1
    assert (report["unknown_readers"], report["unknown_books"], report["skipped"]) == (0, 0, [])
    assert [row["model"] for row in report["models"]] == list(MODELS)
    by_name = {row["model"]: row for row in report["models"]}
    for row in report["models"]:
        assert 0 <= row["ndcg"] <= row["recall"] == row["hit_rate"] == row["mrr"] <= 1
        assert 0 < row["coverage"] <= 1
        assert row["novelty"] > 0
        assert row["train_seconds"] >= 0
        assert 20 < row["peak_mb"] < 10_000
    assert by_name["shipped"]["recall"] > by_name["random"]["recall"]
    assert by_name["bm25"]["recall"] > by_name["random"]["recall"]
    assert ET.parse(picture).getroot().tag.endswith("svg")


@pytest.mark.slow
def test_a_test_file_with_unknown_readers_and_books(history: Path, tmp_path: Path) -> None:
    """Unknown readers are counted, unknown books stay wanted, and books that are not liked are not wanted."""
    test = write(
        tmp_path / "later.csv",
        [
            "1,999,purchase,",  # unknown book: wanted, and never found
            "2,998,rating,5",
            "2,997,rating,1",  # unknown book, but not liked
            "3,2,not_interested,",
            "501,1,purchase,",
            "502,1,purchase,",
        ],
        "user_id,book_id,kind,value",
    )
    books = write(tmp_path / "books.csv", [f"{book},Title" for book in range(1, 31)], "book_id,title")
    result = run("--interactions", history, "--test", test, "--books", books, "--json", "--model", "popularity")
    report = printed(result)
    assert (report["split"], report["readers"], report["books"]) == ("file", 2, 30)
    assert (report["unknown_readers"], report["unknown_books"], report["unknown_wanted"]) == (2, 3, 2)
    assert [row["recall"] for row in report["models"]] == [0]
    assert "2 readers are only in the test part" in result.stderr


@pytest.mark.slow
def test_the_table_without_the_library(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `implicit`, its models are reported as skipped, and the table has the others."""
    monkeypatch.setitem(sys.modules, "implicit", None)
    models = [argument for model in ("random", "als", "bpr") for argument in ("--model", model)]
    result = run("--interactions", history, *models)
    assert result.exit_code == 0, result.output
    assert "skipped, because the library `implicit` is not installed: als, bpr\n" in result.stderr
    lines = result.stdout.splitlines()
    assert "history.csv, random hold-out, seed 7" in lines[1]
    assert lines[3].split() == [
        *("model", "Recall@20", "±", "NDCG@20", "MRR@20", "hit@20", "coverage", "novelty", "train", "s", "peak", "MB")
    ]
    assert [line.split()[0] for line in lines[5:6]] == ["random"]
    assert not lines[6]


def test_nothing_left_to_evaluate(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If all models are skipped, the JSON object has no models, and there is no error."""
    monkeypatch.setitem(sys.modules, "implicit", None)
    report = printed(run("--interactions", history, "--json", "--model", "als"))
    assert (report["models"], report["skipped"]) == ([], ["als"])


def test_a_test_file_excludes_a_split(history: Path) -> None:
    """Using both options is a usage error."""
    result = run("--interactions", history, "--test", history, "--split", "random")
    assert result.exit_code == 2
    assert "do not use --split with it" in result.output


def test_a_chart_needs_a_folder(history: Path, tmp_path: Path) -> None:
    """An absent folder is reported before anything is trained."""
    result = run("--interactions", history, "--chart", tmp_path / "nowhere" / "chart.svg")
    assert result.exit_code == 2
    assert f"there is no folder {tmp_path / 'nowhere'}" in result.output


def test_a_process_that_is_killed(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system kills a training, the error names the model."""

    def ended(*_arguments: object, **_named: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr(ProcessPoolExecutor, "submit", ended)
    result = run("--interactions", history, "--model", "popularity")
    assert result.exit_code == 1
    assert "Error: popularity: its process was killed" in result.stderr


@pytest.mark.parametrize("k", [0, 101])
def test_lists_are_at_most_as_long_as_the_servers(history: Path, k: int) -> None:
    """The length must be from 1 to 100."""
    assert run("--interactions", history, "--k", k).exit_code == 2


def test_files_without_times_cannot_be_split_by_time(history: Path) -> None:
    """The exit code is 1, and the error names the file and the remedy."""
    result = run("--interactions", history, "--split", "temporal")
    assert result.exit_code == 1
    assert f"Error: {history}: there are not two different times" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["501,1"], "1 readers of the test part are unknown to the training part"),
        (["1,1"], "has no book that a reader likes and does not have in the training part"),
    ],
)
def test_no_readers_to_evaluate(history: Path, tmp_path: Path, rows: list[str], why: str) -> None:
    """The reason is reported before anything is trained."""
    result = run("--interactions", history, "--test", write(tmp_path / "later.csv", rows))
    assert result.exit_code == 1
    assert f"Error: there are no readers to evaluate: {why}" in result.stderr.replace("the test part has", "has")


def test_a_file_without_interactions(history: Path, tmp_path: Path) -> None:
    """The error names the empty file."""
    empty = write(tmp_path / "empty.csv", [])
    for arguments in (("--interactions", empty), ("--interactions", history, "--test", empty)):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "Error: empty.csv: no row could be read" in result.stderr


def test_a_column_with_an_unknown_name(tmp_path: Path) -> None:
    """The message says what to write, and that is understood."""
    unknown = write(
        tmp_path / "h.csv", [f"{reader},{book}" for reader in range(9) for book in (1, 2, 3)], "who,book_id"
    )
    assert '--map "COLUMN=user_id"' in run("--interactions", unknown).stderr
    result = run("--interactions", unknown, "--map", "who=user_id", "--model", "popularity", "--json")
    assert result.exit_code == 0, result.output


def test_a_file_that_is_no_csv(tmp_path: Path) -> None:
    """The exit code is 1, and the error names the file, as in `import`."""
    result = run("--interactions", tmp_path / "nowhere.csv")
    assert result.exit_code == 1
    assert f"Error: {tmp_path / 'nowhere.csv'}: No such file or directory" in result.stderr


def test_every_model_is_of_one_kind() -> None:
    """The kinds together are all models."""
    assert {*SIMPLE, *IMPLICIT, SHIPPED} == set(MODELS)
