"""The results of an evaluation, as tables and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from recommendations.evaluation import SHIPPED
from recommendations.evaluation.bootstrap import LEVEL, RESAMPLES, Interval
from recommendations.evaluation.results import (
    Advantage,
    Group,
    GroupResult,
    ModelResult,
    advantages,
    group_result,
    groups,
)
from recommendations.evaluation.task import Counts, Task

Rows = Sequence[Sequence[str]]
Table = tuple[Sequence[str], Rows]
"""The header of a table and its rows."""


@dataclass(frozen=True)
class Report:
    """The results of an evaluation of `task`; `split` is "file" if the test part was read from a file.

    `skipped` are the models that were left out, with the reasons.
    """

    results: Sequence[ModelResult]
    task: Task
    counts: Counts
    split: str
    skipped: Mapping[str, str]

    @cached_property
    def advantages(self) -> Mapping[str, Advantage]:
        """The advantage of the shipped model over each other one."""
        return advantages(self.results, self.task.seed)

    @cached_property
    def groups(self) -> Sequence[tuple[Group, Sequence[GroupResult], Mapping[str, Advantage]]]:
        """The readers by length of history, with the result of each model and the advantages of the shipped one."""
        liked = self.task.liked.lengths(self.task.wanted.readers.ids)
        return [
            (
                group,
                [group_result(result, group) for result in self.results],
                advantages(self.results, self.task.seed, group.members),
            )
            for group in groups(liked)
        ]

    def as_json(self) -> dict[str, Any]:
        """All results in one object, with unrounded numbers."""
        return {
            "k": self.task.k,
            "split": self.split,
            "seed": self.task.seed,
            **asdict(self.counts),
            "skipped": dict(self.skipped),
            "models": [
                {
                    "model": result.model,
                    **asdict(result.metrics),
                    **asdict(result.cost),
                    "parameters": dict(result.parameters),
                    "trials": result.trials,
                    **_as_json(result.model, self.advantages),
                }
                for result in self.results
            ],
            "groups": [
                {
                    "liked_from": group.least,
                    "liked_to": group.most,
                    "readers": group.readers,
                    "models": [{**asdict(result), **_as_json(result.model, better)} for result in results],
                }
                for group, results, better in self.groups
            ],
        }

    def accuracy(self) -> Table:
        """Recall and NDCG with standard errors, and the differences from the shipped model with their intervals."""
        k = self.task.k
        header = ["model", f"Recall@{k}", "±", f"NDCG@{k}", "±"]
        rows = []
        for result in self.results:
            of = result.metrics
            numbers = (of.recall, of.recall_error, of.ndcg, of.ndcg_error)
            row = [result.model, *(f"{number:.4f}" for number in numbers)]
            if self.advantages:
                better = self.advantages.get(result.model)
                row += [_shown(better.recall), _shown(better.ndcg)] if better else ["", ""]
            rows.append(row)
        if self.advantages:
            header += [f"{SHIPPED} − it: Recall", "NDCG"]
        return header, rows

    def by_length(self) -> Table:
        """Recall and NDCG of each model by the number of liked books of a reader, first the number of readers."""
        header = ["liked books", *(group.name for group, _, _ in self.groups)]
        readers = ["readers", *(f"{group.readers:,}" for group, _, _ in self.groups)]
        by_model = zip(*(results for _, results, _ in self.groups), strict=True)
        rows = [
            [of_model[0].model, *(f"{result.recall:.4f} / {result.ndcg:.4f}" for result in of_model)]
            for of_model in by_model
        ]
        return header, [readers, *rows]

    def others(self) -> Table:
        """The other metrics of each model, and what its training costs."""
        k = self.task.k
        header = ("model", f"MRR@{k}", f"hit@{k}", "coverage", "novelty", "train s", "peak MB")
        rows = []
        for result in self.results:
            of, cost = result.metrics, result.cost
            shares = (f"{share:.4f}" for share in (of.mrr, of.hit_rate, of.coverage))
            rows.append(
                (result.model, *shares, f"{of.novelty:.2f}", f"{cost.train_seconds:.1f}", f"{cost.peak_mb:.0f}")
            )
        return header, rows

    def legend(self) -> str:
        """An explanation of the columns, the parameters of the baselines, and the models that were left out."""
        lines = [
            "shipped: trained, published, mapped and queried as the server does it. ±: standard error over readers.",
            f"{SHIPPED} − it: how much better the shipped model is, and the {LEVEL} % interval of that by a paired",
            f"bootstrap ({RESAMPLES:,} resamples of the same readers). liked books: those of a reader in the",
            "training part. coverage: share of the catalogue in any list. novelty: bits. train s, peak MB: of a",
            "process of its own, including Python and the search for parameters; shipped starts from events, the",
            "others from a matrix made of them.",
        ]
        return "\n".join(
            [
                *lines,
                *(_parameters(result) for result in self.results if result.parameters),
                *(f"{model}: left out, because {reason}" for model, reason in self.skipped.items()),
            ]
        )


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


def _parameters(result: ModelResult) -> str:
    parameters = ", ".join(f"{name} {value:g}" for name, value in result.parameters.items())
    return f"{result.model}: {parameters}" + (f"; the best of {result.trials} trials" if result.trials else "")


def _shown(interval: Interval) -> str:
    return f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def _as_json(model: str, better: Mapping[str, Advantage]) -> dict[str, Any]:
    return {"shipped_minus_this": asdict(better[model])} if model in better else {}
