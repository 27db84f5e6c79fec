"""The results of an evaluation, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from recommendations.evaluation.baselines import PARAMETERS
from recommendations.evaluation.case import Asked
from recommendations.evaluation.contest import Entry


@dataclass(frozen=True)
class Report:
    """Everything that one evaluation found out; `split` is "file" where the test part was one."""

    entries: Sequence[Entry]
    asked: Asked
    split: str
    seed: int
    k: int
    skipped: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """One object of numbers, unrounded."""
        return {
            "k": self.k,
            "split": self.split,
            "seed": self.seed,
            **asdict(self.asked),
            "skipped": list(self.skipped),
            "models": [{"model": one.model, **asdict(one.verdict), **asdict(one.cost)} for one in self.entries],
        }


def columns(k: int) -> tuple[str, ...]:
    """The head of the table that `cells` fills."""
    measures = (f"Recall@{k}", "±", f"NDCG@{k}", f"MRR@{k}", f"hit@{k}", "coverage", "novelty")
    return ("model", *measures, "train s", "peak MB")


def cells(entry: Entry) -> tuple[str, ...]:
    """One model's line of the table."""
    verdict = entry.verdict
    measures = (verdict.recall, verdict.recall_error, verdict.ndcg, verdict.mrr, verdict.hit_rate, verdict.coverage)
    costs = (f"{entry.cost.train_seconds:.1f}", f"{entry.cost.peak_mb:.0f}")
    return (entry.model, *(f"{measure:.4f}" for measure in measures), f"{verdict.novelty:.2f}", *costs)


def counts(asked: Asked) -> str:
    """What was asked, in words."""
    lines = [
        f"{asked.training_interactions:,} interactions to learn from, {asked.test_interactions:,} held out.",
        f"{asked.readers:,} readers want {asked.wanted:,} of {asked.books:,} books that they do not have yet.",
    ]
    others = (
        (asked.unknown_readers, "readers are in the test part alone and are not evaluated."),
        (
            asked.unknown_books,
            f"books are in the test part alone; they stay wanted, {asked.unknown_wanted:,} times, and count against"
            " every model.",
        ),
        (asked.known_already, "likings of the test part are of books that the reader had already: not wanted."),
        (asked.undated, "interactions have no time and are in neither part."),
    )
    return "\n".join([*lines, *(f"{count:,} {what}" for count, what in others if count)])


def legend(models: Sequence[str]) -> str:
    """What the columns mean, and which parameters the library's models among `models` have."""
    lines = [
        "shipped: trained, published, mapped and asked as the server does it. ±: the recall's standard error over",
        "readers. coverage: the share of the catalogue that is in any list. novelty: bits. train s, peak MB: of a",
        "process of its own, Python included; shipped starts from events, the others from a matrix made of them.",
    ]
    library = [
        f"{model}: implicit, {', '.join(f'{name} {value:g}' for name, value in PARAMETERS[model].items())}"
        for model in models
        if model in PARAMETERS
    ]
    return "\n".join([*lines, *library])
