"""The `evaluate` command: reads files, prints a table or JSON."""

import contextlib
import json
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from bookfiles.reading.options import Options as ReadingOptions
from recommendations.evaluation import chart
from recommendations.evaluation.baselines.left_out import left_out
from recommendations.evaluation.input_files import InputFiles
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.report import Report, describe
from recommendations.evaluation.results import ModelResult
from recommendations.evaluation.runner import evaluate
from recommendations.evaluation.split import CannotSplit, Split, default_split, split
from recommendations.evaluation.task import Counts, make_task
from servicekit.table import print_table


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command; without `split` and `test`, the data determines the split."""

    interactions: Path
    books: Path | None
    test: Path | None
    split: str | None
    seed: int
    k: int
    budget: float
    models: Sequence[str]
    as_json: bool
    chart: Path | None
    reading: ReadingOptions


def run(options: Options) -> None:
    """Evaluate and print the report to standard output, and all messages to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        report = _evaluate(options)
        click.echo("comparing the models over the same readers")
        printed = report.as_json()
        if options.chart:
            svg = chart.draw(
                report.results, options.k, readers=report.counts.readers, subtitle=_source(options, report.split)
            )
            options.chart.write_text(svg, encoding="utf-8")
    if options.as_json:
        click.echo(json.dumps(printed, indent=2, allow_nan=False))
        return
    source = _source(options, report.split)
    print_table(f"{source}, seed {options.seed}: ranking all books that are new to the reader", *report.accuracy())
    print_table(f"Recall@{options.k} / NDCG@{options.k} by the reader's number of liked books", *report.by_length())
    print_table("other metrics, and the cost of training", *report.others())
    click.echo(describe(report.counts))
    click.echo(report.legend())


def _source(options: Options, split: str) -> str:
    """The files, and how they were split."""
    if options.test:
        return f"{options.interactions.name}, tested on {options.test.name}"
    return f"{options.interactions.name}, {split} hold-out"


class _Progress:
    """Names the model and what is done with it: beside a bar in a terminal, otherwise in a line for each stage."""

    def __init__(self, models: int) -> None:
        self._bar = click.progressbar(
            length=models,
            label="evaluating",
            item_show_func=lambda item: item,
            show_pos=True,
            show_eta=False,
            # So that a step of none shows what has begun.
            update_min_steps=0,
        )
        self._last = ""

    def __enter__(self) -> "_Progress":
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def show(self, model: str, doing: str, share: float) -> None:
        """Show what is being done, and the share of it that is done."""
        line = f"{model}: {doing}"
        if sys.stderr.isatty():
            self._bar.update(0, f"{line}, {share:.0%}" if share else line)
        elif line != self._last:
            click.echo(line)
        self._last = line

    def finished(self) -> None:
        """Count one more model."""
        self._bar.update(1)


def _evaluate(options: Options) -> Report:
    files = InputFiles(options.reading)
    name, hold_out = _hold_out(options, files)
    books = files.books(options.books) if options.books else {}
    task, counts = make_task(hold_out, np.fromiter(books, dtype=np.int32), k=options.k, seed=options.seed)
    if not counts.readers:
        raise click.ClickException(f"there are no readers to evaluate: {_why_no_readers(counts)}")
    click.echo(describe(counts))
    skipped = left_out(options.models, task)
    for model, reason in skipped.items():
        click.echo(f"{model} is left out, because {reason}")
    models = [model for model in options.models if model not in skipped]
    results: list[ModelResult] = []
    with _Progress(len(models)) as progress:
        pending = evaluate(
            task, hold_out.training, books, models, split=name, budget=options.budget, stage=progress.show
        )
        for model in models:
            try:
                results.append(next(pending))
            except BrokenProcessPool:
                raise click.ClickException(f"{model}: its process was killed, perhaps for lack of memory") from None
            progress.finished()
    return Report(results, task, counts, split=name, skipped=skipped)


def _hold_out(options: Options, files: InputFiles) -> tuple[str, Split]:
    interactions = _read(options.interactions, files)
    if options.test:
        return "file", Split(training=interactions, test=_read(options.test, files))
    name = options.split or default_split(interactions)
    try:
        return name, split(interactions, name, options.seed)
    except CannotSplit as error:
        raise click.ClickException(f"{options.interactions}: {error}") from None


def _read(path: Path, files: InputFiles) -> Interactions:
    interactions = files.interactions(path)
    if not len(interactions):
        raise click.ClickException(f"{path}: there are no interactions to evaluate with")
    return interactions


def _why_no_readers(counts: Counts) -> str:
    if counts.unknown_readers:
        return f"{counts.unknown_readers:,} readers of the test part are unknown to the training part"
    return "the test part has no book that a reader likes and does not have in the training part"
