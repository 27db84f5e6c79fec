"""The report: JSON, tables and explanations."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recommendations.evaluation import report
from recommendations.evaluation.metrics import Metrics
from recommendations.evaluation.report import Report
from recommendations.evaluation.results import ModelResult
from recommendations.evaluation.task import Counts
from recommendations.evaluation.training_cost import TrainingCost
from tests.recommendations.evaluation.histories import task

READERS = 40
TASK = task(
    # Readers 1 to 20 like two books, and the others six.
    {reader: range(1, 3 if reader <= 20 else 7) for reader in range(1, READERS + 1)},
    {reader: [9] for reader in range(1, READERS + 1)},
    books=9,
    k=10,
)
METRICS = Metrics(
    recall=0.25,
    recall_error=0.01,
    ndcg=0.125,
    ndcg_error=0.005,
    mrr=0.0625,
    hit_rate=0.5,
    coverage=0.75,
    novelty=9.87654,
)
COST = TrainingCost(train_seconds=2.54, peak_mb=123.4)
RESULT = ModelResult("shipped", METRICS, COST, np.tile([0.5, 0.25], (READERS, 1)))
ALS = ModelResult(
    "als",
    replace(METRICS, recall=0.2),
    COST,
    np.repeat([[0.25, 0.125], [0.5, 0.5]], 20, axis=0),
    parameters={"factors": 64, "alpha": 20.0},
    trials=5,
)
COUNTS = Counts(
    readers=3,
    books=4,
    training_interactions=50,
    test_interactions=60,
    wanted=7,
    unknown_readers=0,
    unknown_books=0,
    unknown_wanted=0,
    known_already=0,
    undated=0,
)
REPORT = Report([RESULT, ALS], TASK, COUNTS, split="drift", skipped={"ease": "it is too large"})


def test_json_has_all_results() -> None:
    """One object has the settings, the counts and the metrics of every model, and can be written as JSON."""
    found = REPORT.as_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["models"][0] == {
        "model": "shipped",
        "recall": 0.25,
        "recall_error": 0.01,
        "ndcg": 0.125,
        "ndcg_error": 0.005,
        "mrr": 0.0625,
        "hit_rate": 0.5,
        "coverage": 0.75,
        "novelty": 9.87654,
        "train_seconds": 2.54,
        "peak_mb": 123.4,
        "parameters": {},
        "trials": 0,
    }
    assert (found["k"], found["split"], found["seed"], found["readers"], found["books"]) == (10, "drift", 7, 3, 4)
    assert found["skipped"] == {"ease": "it is too large"}


def test_json_has_the_differences_and_the_search() -> None:
    """Each model beside the shipped one has its difference with an interval, and its parameters."""
    als = REPORT.as_json()["models"][1]
    assert (als["parameters"], als["trials"]) == ({"factors": 64, "alpha": 20.0}, 5)
    recall, ndcg = als["shipped_minus_this"]["recall"], als["shipped_minus_this"]["ndcg"]
    assert recall["mean"] == pytest.approx(0.125)
    assert 0 < recall["low"] < 0.125 < recall["high"] < 0.25
    assert ndcg["mean"] == pytest.approx(-0.0625)


def test_json_has_the_groups() -> None:
    """Each group has its range, its number of readers, and the figures of every model."""
    few, many = REPORT.as_json()["groups"]
    assert (few["liked_from"], few["liked_to"], few["readers"]) == (1, 4, 20)
    assert (many["liked_from"], many["liked_to"], many["readers"]) == (5, None, 20)
    assert few["models"][0] == {"model": "shipped", "recall": 0.5, "recall_error": 0, "ndcg": 0.25, "ndcg_error": 0}
    assert [(row["model"], row["recall"], row["ndcg"]) for row in many["models"]][1] == ("als", 0.5, 0.5)
    assert few["models"][1]["shipped_minus_this"]["recall"] == {"mean": 0.25, "low": 0.25, "high": 0.25}


def test_the_table_of_accuracy() -> None:
    """Each number is in the right column, and the differences are beside the models."""
    header, rows = REPORT.accuracy()
    assert header == ["model", "Recall@10", "±", "NDCG@10", "±", "shipped − it: Recall", "NDCG"]
    assert rows[0] == ["shipped", "0.2500", "0.0100", "0.1250", "0.0050", "", ""]
    assert rows[1][:5] == ["als", "0.2000", "0.0100", "0.1250", "0.0050"]
    assert rows[1][5].startswith("+0.1250 [+0.0")
    assert rows[1][6].startswith("-0.0625 [-0.1")


def test_without_the_shipped_model_there_are_no_differences() -> None:
    """Their columns are left out."""
    header, rows = replace(REPORT, results=[ALS]).accuracy()
    assert len(header) == len(rows[0]) == 5


def test_the_table_by_length_of_history() -> None:
    """It has the number of readers of each group, and Recall and NDCG of each model."""
    header, rows = REPORT.by_length()
    assert header == ["liked books", "1–4", "5 and more"]
    assert rows == [
        ["readers", "20", "20"],
        ["shipped", "0.5000 / 0.2500", "0.5000 / 0.2500"],
        ["als", "0.2500 / 0.1250", "0.5000 / 0.5000"],
    ]


def test_the_table_of_other_metrics() -> None:
    """Each number is in the right column."""
    header, rows = REPORT.others()
    assert dict(zip(header, rows[0], strict=True)) == {
        "model": "shipped",
        "MRR@10": "0.0625",
        "hit@10": "0.5000",
        "coverage": "0.7500",
        "novelty": "9.88",
        "train s": "2.5",
        "peak MB": "123",
    }


def test_nothing_to_report() -> None:
    """If every model is left out, the tables have no models."""
    empty = replace(REPORT, results=[])
    assert (list(empty.accuracy()[1]), list(empty.others()[1])) == ([], [])
    assert empty.by_length()[1] == [["readers", "20", "20"]]
    assert empty.as_json()["models"] == []


def test_only_counts_above_zero_are_mentioned() -> None:
    """Counts of 0 have no line."""
    assert len(report.describe(COUNTS).splitlines()) == 2
    text = report.describe(
        replace(COUNTS, unknown_readers=11, unknown_books=12, unknown_wanted=13, known_already=14, undated=15)
    )
    assert "11 readers are only in the test part" in text
    assert "12 books are only in the test part; they stay wanted, 13 times" in text
    assert "14 likes" in text
    assert "15 interactions have no time" in text


def test_the_legend_has_parameters_and_what_was_left_out() -> None:
    """Parameters are those of the evaluated models, with the number of trials; a model left out has a reason."""
    lines = REPORT.legend().splitlines()
    assert "als: factors 64, alpha 20; the best of 5 trials" in lines
    assert "ease: left out, because it is too large" in lines
    fixed = replace(REPORT, results=[replace(ALS, model="bm25", parameters={"K": 200}, trials=0)], skipped={})
    assert fixed.legend().splitlines()[-1] == "bm25: K 200"
