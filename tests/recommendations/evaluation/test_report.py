"""What is printed of results."""

import json
from dataclasses import replace

from recommendations.evaluation import MODELS, report
from recommendations.evaluation.case import Asked
from recommendations.evaluation.contest import Entry
from recommendations.evaluation.cost import Cost
from recommendations.evaluation.judge import Verdict

VERDICT = Verdict(
    recall=0.25, recall_error=0.01, ndcg=0.125, mrr=0.0625, hit_rate=0.5, coverage=0.75, novelty=9.87654
)
ENTRY = Entry("shipped", VERDICT, Cost(train_seconds=2.54, peak_mb=123.4))
ASKED = Asked(
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


def test_json_names_everything() -> None:
    """One object with the terms, the counts and a list of models with their numbers; it is JSON."""
    said = report.Report([ENTRY], ASKED, split="drift", seed=7, k=20, skipped=("als",)).as_json()
    assert json.loads(json.dumps(said)) == said
    assert said["models"] == [
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
    assert (said["k"], said["split"], said["seed"], said["readers"], said["books"]) == (20, "drift", 7, 3, 4)
    assert said["skipped"] == ["als"]


def test_a_line_of_the_table() -> None:
    """Each number stands below its name."""
    assert dict(zip(report.columns(10), report.cells(ENTRY), strict=True)) == {
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


def test_counts_say_only_what_there_is() -> None:
    """Where nothing is unknown nothing is said of it; where something is, it is counted."""
    assert len(report.counts(ASKED).splitlines()) == 2
    said = report.counts(
        replace(ASKED, unknown_readers=11, unknown_books=12, unknown_wanted=13, known_already=14, undated=15)
    )
    assert "11 readers are in the test part alone" in said
    assert "12 books are in the test part alone; they stay wanted, 13 times" in said
    assert "14 likings" in said
    assert "15 interactions have no time" in said


def test_parameters_of_the_library_are_stated() -> None:
    """For each of its models that was evaluated, and for no other."""
    said = report.legend(["shipped", "bm25"])
    assert "bm25: implicit, K 200, K1 0.2, B 0.5" in said
    assert "als" not in said
    assert len(report.legend(MODELS).splitlines()) == 3 + 4
