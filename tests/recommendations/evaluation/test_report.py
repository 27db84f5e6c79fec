"""The report: JSON, table and explanations."""

import json
from dataclasses import replace

from recommendations.evaluation import MODELS, report
from recommendations.evaluation.metrics import Metrics
from recommendations.evaluation.runner import ModelResult
from recommendations.evaluation.task import Counts
from recommendations.evaluation.training_cost import TrainingCost

METRICS = Metrics(
    recall=0.25, recall_error=0.01, ndcg=0.125, mrr=0.0625, hit_rate=0.5, coverage=0.75, novelty=9.87654
)
RESULT = ModelResult("shipped", METRICS, TrainingCost(train_seconds=2.54, peak_mb=123.4))
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


def test_json_has_all_results() -> None:
    """One object has the settings, the counts and the metrics of every model, and can be written as JSON."""
    text = report.Report([RESULT], COUNTS, split="drift", seed=7, k=20, skipped=("als",)).as_json()
    assert json.loads(json.dumps(text)) == text
    assert text["models"] == [
        {
            "model": "shipped",
            "recall": 0.25,
            "recall_error": 0.01,
            "ndcg": 0.125,
            "mrr": 0.0625,
            "hit_rate": 0.5,
            "coverage": 0.75,
            "novelty": 9.87654,
            "train_seconds": 2.54,
            "peak_mb": 123.4,
        }
    ]
    assert (text["k"], text["split"], text["seed"], text["readers"], text["books"]) == (20, "drift", 7, 3, 4)
    assert text["skipped"] == ["als"]


def test_a_line_of_the_table() -> None:
    """Each number is in the right column."""
    assert dict(zip(report.columns(10), report.cells(RESULT), strict=True)) == {
        "model": "shipped",
        "Recall@10": "0.2500",
        "±": "0.0100",
        "NDCG@10": "0.1250",
        "MRR@10": "0.0625",
        "hit@10": "0.5000",
        "coverage": "0.7500",
        "novelty": "9.88",
        "train s": "2.5",
        "peak MB": "123",
    }


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


def test_parameters_of_the_library_are_stated() -> None:
    """Only those of the evaluated models are listed."""
    text = report.legend(["shipped", "bm25"])
    assert "bm25: implicit, K 200, K1 0.2, B 0.5" in text
    assert "als" not in text
    assert len(report.legend(MODELS).splitlines()) == 3 + 4
