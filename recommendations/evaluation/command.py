"""The `evaluate` command: files in, a table or JSON out."""

import contextlib
import json
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from recommendations.evaluation import OF_THE_LIBRARY, chart, report
from recommendations.evaluation.baselines import library_is_here
from recommendations.evaluation.case import Asked, make_case
from recommendations.evaluation.contest import evaluate
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.reading import read_books, read_interactions
from recommendations.evaluation.split import CannotSplit, Split, fitting_split, split
from servicekit.table import print_table


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command was asked to do; without `split` and `test` the data decides."""

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


def run(options: Options) -> None:
    """Evaluate and print; all that is not the result goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        result = _evaluate(options)
        if options.chart:
            title = f"{options.interactions.name}: {result.split} hold-out, {result.asked.readers:,} readers"
            options.chart.write_text(chart.draw(result.entries, result.k, title), encoding="utf-8")
    if options.as_json:
        click.echo(json.dumps(result.as_json(), indent=2, allow_nan=False))
        return
    title = f"{options.interactions.name}, {result.split} hold-out, seed {result.seed}: all books ranked that are new"
    print_table(f"{title} to the reader", report.columns(result.k), list(map(report.cells, result.entries)))
    click.echo(report.counts(result.asked))
    click.echo(report.legend([one.model for one in result.entries]))


def _evaluate(options: Options) -> report.Report:
    models, skipped = _installed(options.models)
    name, hold_out = _hold_out(options)
    books = read_books(options.books) if options.books else {}
    case, asked = make_case(hold_out, np.fromiter(books, dtype=np.int32), k=options.k, seed=options.seed)
    if not asked.readers:
        raise click.ClickException(f"there is nobody to evaluate: {_why_nobody(asked)}")
    click.echo(report.counts(asked))
    entries = []
    with click.progressbar(length=len(models), label="evaluating", item_show_func=lambda one: one) as bar:
        results = evaluate(case, hold_out.training, books, models, budget=options.budget)
        for model in models:
            bar.update(0, model)
            try:
                entries.append(next(results))
            except BrokenProcessPool:
                raise click.ClickException(f"{model}: its process was ended, perhaps for want of memory") from None
            bar.update(1, model)
    return report.Report(entries, asked, split=name, seed=options.seed, k=options.k, skipped=skipped)


def _hold_out(options: Options) -> tuple[str, Split]:
    told = _read(options.interactions)
    if options.test:
        return "file", Split(training=told, test=_read(options.test))
    name = options.split or fitting_split(told)
    try:
        return name, split(told, name, options.seed)
    except CannotSplit as error:
        raise click.ClickException(f"{options.interactions}: {error}") from None


def _read(path: Path) -> Interactions:
    interactions = read_interactions(path)
    if not len(interactions):
        raise click.ClickException(f"{path}: there are no interactions to evaluate with")
    return interactions


def _why_nobody(asked: Asked) -> str:
    if asked.unknown_readers:
        return f"{asked.unknown_readers:,} readers of the test part are unknown to the training part"
    return "the test part has no book that a reader likes and did not have before"


def _installed(models: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which models can be evaluated here, and which cannot; these are named."""
    skipped = [] if library_is_here() else [model for model in models if model in OF_THE_LIBRARY]
    if skipped:
        click.echo(f"skipped, because the library `implicit` is not installed: {', '.join(skipped)}")
    return [model for model in models if model not in skipped], skipped
