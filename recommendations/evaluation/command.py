"""The `evaluate` command: reads files, prints a table or JSON."""

import contextlib
import json
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from bookfiles.reading.options import Options as ReadingOptions
from recommendations.evaluation import IMPLICIT, chart, report
from recommendations.evaluation.implicit_baselines import library_is_installed
from recommendations.evaluation.input_files import InputFiles
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.runner import ModelResult, evaluate
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
    budget: float | None
    models: Sequence[str]
    as_json: bool
    chart: Path | None
    reading: ReadingOptions


def run(options: Options) -> None:
    """Evaluate and print the report to standard output, and all messages to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        result = _evaluate(options)
        if options.chart:
            title = f"{options.interactions.name}: {result.split} hold-out, {result.counts.readers:,} readers"
            options.chart.write_text(chart.draw(result.results, result.k, title), encoding="utf-8")
    if options.as_json:
        click.echo(json.dumps(result.as_json(), indent=2, allow_nan=False))
        return
    title = f"{options.interactions.name}, {result.split} hold-out, seed {result.seed}: ranking all books that are"
    print_table(f"{title} new to the reader", report.columns(result.k), list(map(report.cells, result.results)))
    click.echo(report.describe(result.counts))
    click.echo(report.legend([row.model for row in result.results]))


def _evaluate(options: Options) -> report.Report:
    models, skipped = _installed(options.models)
    files = InputFiles(options.reading)
    name, hold_out = _hold_out(options, files)
    books = files.books(options.books) if options.books else {}
    task, counts = make_task(hold_out, np.fromiter(books, dtype=np.int32), k=options.k, seed=options.seed)
    if not counts.readers:
        raise click.ClickException(f"there are no readers to evaluate: {_why_no_readers(counts)}")
    click.echo(report.describe(counts))
    results: list[ModelResult] = []
    with click.progressbar(length=len(models), label="evaluating", item_show_func=lambda model: model) as bar:
        pending = evaluate(task, hold_out.training, books, models, budget=options.budget)
        for model in models:
            bar.update(0, model)
            try:
                results.append(next(pending))
            except BrokenProcessPool:
                raise click.ClickException(f"{model}: its process was killed, perhaps for lack of memory") from None
            bar.update(1, model)
    return report.Report(results, counts, split=name, seed=options.seed, k=options.k, skipped=skipped)


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


def _installed(models: Sequence[str]) -> tuple[list[str], list[str]]:
    """The models that can be evaluated, and those whose library is not installed."""
    skipped = [] if library_is_installed() else [model for model in models if model in IMPLICIT]
    if skipped:
        click.echo(f"skipped, because the library `implicit` is not installed: {', '.join(skipped)}")
    return [model for model in models if model not in skipped], skipped
