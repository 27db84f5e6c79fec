"""The `evaluate` command, from its files to its output."""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from recommendations.cli import main
from recommendations.evaluation import EASE, IMPLICIT, MODELS, SHIPPED, SIMPLE, command
from recommendations.evaluation.baselines import left_out

pytestmark = pytest.mark.usefixtures("restored_logging")

READERS, BOOKS, TASTES = 40, 24, 4
POPULARITY = ("--model", "popularity")


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
    result = run("--interactions", history, "--json", "--k", 1, "--seed", 3, "--budget", 5, "--chart", picture)
    report = printed(result)
    assert (report["k"], report["split"], report["seed"], report["books"]) == (1, "random", 3, BOOKS)
    assert report["readers"] > 0
    assert report["training_interactions"] + report["test_interactions"] == len(history.read_text().splitlines()) - 1
    assert (report["unknown_readers"], report["unknown_books"], report["skipped"]) == (0, 0, {})
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
    for name in ("ease", "als"):
        assert by_name[name]["trials"] > 1
        assert by_name[name]["recall"] > by_name["random"]["recall"]
    for row in report["models"][1:]:
        difference = row["shipped_minus_this"]["recall"]
        assert difference["mean"] == pytest.approx(by_name["shipped"]["recall"] - row["recall"])
        assert difference["low"] <= difference["mean"] <= difference["high"]
    assert sum(group["readers"] for group in report["groups"]) == report["readers"]
    assert [row["model"] for row in report["groups"][0]["models"]] == list(MODELS)
    drawn = ET.parse(picture).getroot()
    assert drawn.tag.endswith("svg")
    words = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert words[:2] == ["What 40 readers read next: Recall@1 and NDCG@1", "history.csv, random hold-out"]
    for stage in ("shipped: tuning and training", "shipped: ranking readers", "ease: tuning", "als: tuning"):
        assert stage in result.stderr
    assert "als: tuning\nals: training\nals: ranking readers\n" in result.stderr
    assert "random: training\nrandom: ranking readers\n" in result.stderr


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
def test_the_tables_without_the_library(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `implicit`, its models are reported as left out, and the tables have the others."""
    monkeypatch.setitem(sys.modules, "implicit", None)
    models = [argument for model in ("random", "als", "bpr") for argument in ("--model", model)]
    result = run("--interactions", history, *models)
    assert result.exit_code == 0, result.output
    reason = "left out, because the library `implicit` is not installed"
    assert f"als is {reason}\nbpr is {reason}\n" in result.stderr
    assert result.stdout.endswith(f"als: {reason}\nbpr: {reason}\n")
    lines = result.stdout.splitlines()
    assert lines[1] == "history.csv, random hold-out, seed 7: ranking all books that are new to the reader"
    assert lines[3].split() == ["model", "Recall@20", "±", "NDCG@20", "±"]
    assert [line.split()[0] for line in lines[5:6]] == ["random"]
    by_length = lines.index("Recall@20 / NDCG@20 by the reader's number of liked books")
    assert lines[by_length + 2].split()[:2] == ["liked", "books"]
    assert lines[by_length + 4].split() == ["readers", "20", "20"]
    assert lines[by_length + 5].startswith("random  ")
    costs = lines.index("other metrics, and the cost of training")
    assert lines[costs + 2].split()[:3] == ["model", "MRR@20", "hit@20"]
    assert "evaluating" not in result.stdout


def test_nothing_left_to_evaluate(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If all models are left out, the JSON object has no models but the reasons, and there is no error."""
    monkeypatch.setitem(sys.modules, "implicit", None)
    report = printed(run("--interactions", history, "--json", "--model", "als"))
    assert (report["models"], report["skipped"]) == ([], {"als": "the library `implicit` is not installed"})


@pytest.mark.slow
def test_ease_without_memory_is_left_out(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are evaluated; the reason is in the legend."""
    monkeypatch.setattr(left_out, "available_bytes", lambda: 1000)
    result = run("--interactions", history, "--model", "ease", "--model", "popularity")
    assert result.exit_code == 0, result.output
    assert "ease: left out, because its matrix of 24 × 24 books needs 0 MB" in result.stdout
    assert "popularity  " in result.stdout


@pytest.mark.slow
def test_the_sources_of_a_test_file_are_named(history: Path, tmp_path: Path) -> None:
    """The title of the table has both files."""
    test = write(tmp_path / "later.csv", ["1,999"])
    result = run("--interactions", history, "--test", test, "--model", "popularity")
    assert result.stdout.splitlines()[1].startswith("history.csv, tested on later.csv, seed 7: ")


@pytest.mark.slow
def test_of_two_ratings_the_later_counts(tmp_path: Path) -> None:
    """As in an import: reader 1 likes book 2 in the test part, though its last row there is an earlier low rating."""
    header = "user_id,book_id,kind,value,occurred_at"
    history = write(tmp_path / "history.csv", ["1,1,rating,5,2020-01-01", "2,2,rating,5,2020-01-01"], header)
    rows = ["1,2,rating,5,2020-03-01", "1,2,rating,1,2020-02-01"]
    report = printed(
        run("--interactions", history, "--test", write(tmp_path / "later.csv", rows, header), "--json", *POPULARITY)
    )
    assert (report["readers"], report["wanted"], report["models"][0]["recall"]) == (1, 1, 1)


class Terminal(StringIO):
    """A terminal's standard error."""

    def isatty(self) -> bool:
        return True


def test_progress_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the bar is what is done now, with the share that is done."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with redirect_stdout(terminal), command._Progress(2) as progress:
        for arguments in (("als", "tuning", 0.0), ("als", "ranking readers", 0.25)):
            progress.show(*arguments)
        progress.finished()
    written = terminal.getvalue()
    assert "0/2  als: tuning" in written
    assert "0/2  als: ranking readers, 25%" in written
    assert "1/2" in written


def test_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Each stage has one line."""
    with redirect_stdout(sys.stderr), command._Progress(2) as progress:
        for share in (0.0, 0.5):
            progress.show("als", "ranking readers", share)
        progress.show("bpr", "training", 0.0)
    assert capsys.readouterr() == ("", "evaluating\nals: ranking readers\nbpr: training\n")


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
    assert {*SIMPLE, EASE, *IMPLICIT, SHIPPED} == set(MODELS)
