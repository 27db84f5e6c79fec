"""The results of an evaluation, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from recommendations.evaluation.implicit_baselines import PARAMETERS
from recommendations.evaluation.runner import ModelResult
from recommendations.evaluation.task import Counts


@dataclass(frozen=True)
class Report:
    """The results of an evaluation; `split` is "file" if the test part was read from a file."""

    results: Sequence[ModelResult]
    counts: Counts
    split: str
    seed: int
    k: int
    skipped: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """All results in one object, with unrounded numbers."""
        return {
            "k": self.k,
            "split": self.split,
            "seed": self.seed,
            **asdict(self.counts),
            "skipped": list(self.skipped),
            "models": [{"model": row.model, **asdict(row.metrics), **asdict(row.cost)} for row in self.results],
        }


def columns(k: int) -> tuple[str, ...]:
    """The header of the table; its rows come from `cells`."""
    measures = (f"Recall@{k}", "±", f"NDCG@{k}", f"MRR@{k}", f"hit@{k}", "coverage", "novelty")
    return ("model", *measures, "train s", "peak MB")


def cells(result: ModelResult) -> tuple[str, ...]:
    """One model's row of the table."""
    metrics = result.metrics
    measures = (metrics.recall, metrics.recall_error, metrics.ndcg, metrics.mrr, metrics.hit_rate, metrics.coverage)
    costs = (f"{result.cost.train_seconds:.1f}", f"{result.cost.peak_mb:.0f}")
    return (result.model, *(f"{measure:.4f}" for measure in measures), f"{metrics.novelty:.2f}", *costs)


def describe(counts: Counts) -> str:
    """The counts as sentences."""
    lines = [
        f"{counts.training_interactions:,} interactions to learn from, {counts.test_interactions:,} held out.",
        f"{counts.readers:,} readers want {counts.wanted:,} of {counts.books:,} books that they do not have yet.",
    ]
    others = (
        (counts.unknown_readers, "readers are only in the test part and are not evaluated."),
        (
            counts.unknown_books,
            f"books are only in the test part; they stay wanted, {counts.unknown_wanted:,} times, and count against"
            " every model.",
        ),
        (counts.known_already, "likes in the test part are of books that the reader already had: not wanted."),
        (counts.undated, "interactions have no time and are in neither part."),
    )
    return "\n".join([*lines, *(f"{count:,} {what}" for count, what in others if count)])


def legend(models: Sequence[str]) -> str:
    """An explanation of the columns, and the parameters of the library's models."""
    lines = [
        "shipped: trained, published, mapped and queried as the server does it. ±: standard error of the recall over",
        "readers. coverage: share of the catalogue in any list. novelty: bits. train s, peak MB: of a process of its",
        "own, including Python; shipped starts from events, the others from a matrix made of them.",
    ]
    library = [
        f"{model}: implicit, {', '.join(f'{name} {value:g}' for name, value in PARAMETERS[model].items())}"
        for model in models
        if model in PARAMETERS
    ]
    return "\n".join([*lines, *library])
