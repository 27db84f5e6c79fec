"""`python -m bench`."""

import sys
from pathlib import Path

import click

from bench import (
    accuracy,
    calls,
    home,
    ingestion,
    live,
    machine,
    moderator,
    outage,
    overload,
    reload,
    scale,
    search,
    traces,
)
from bench.data.histories import Size
from bench.load.processes import python, run_forwarding_signals
from bench.shapes.named import SHAPES

ALWAYS = ("accuracy", "ingestion", "calls", "search", "home")
"""What runs when no name is given; the others would take many more minutes."""


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure the services and print tables; without a command: accuracy, ingestion, calls, search and home."""
    if context.invoked_subcommand is not None:
        click.echo(machine.description())
        return
    for name in ALWAYS:
        # Each runs in a process of its own, so that memory used by one does not count for the next.
        if code := run_forwarding_signals(*python("bench", name)):
            sys.exit(code)


@main.command("accuracy")
@click.argument("names", nargs=-1, type=click.Choice(tuple(SHAPES)), metavar="[SHAPE]...")
@click.option("--shapes", is_flag=True, help="Measure on all shapes, and not on Amazon-Book.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=accuracy.BUDGET,
    show_default=True,
    help="Seconds that the shipped model may train on a shape.",
)
def _accuracy(names: tuple[str, ...], shapes: bool, budget: float) -> None:
    """Recall and NDCG of all models on real histories and on generated shops, the shapes, or only on these SHAPEs."""
    accuracy.run(amazon=not (names or shapes), shapes=names or tuple(SHAPES), budget=budget)


@main.command("ingestion")
def _ingestion() -> None:
    """Import, training and start of the server on real histories."""
    ingestion.run()


@main.command("calls")
@click.option(
    "--beside",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of another checkout, with its own .venv, to measure in the same run.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=calls.ROUNDS, show_default=True)
def _calls(beside: Path | None, rounds: int) -> None:
    """Calls a second, latencies and processor time of Recommend, compared with servers that do less."""
    calls.run(beside, rounds)


@main.command("overload")
@click.option("--connections", type=click.IntRange(min=1), default=overload.CONNECTIONS, show_default=True)
def _overload(connections: int) -> None:
    """Useful answers a second when more calls come than can be answered."""
    overload.run(connections)


@main.command("search")
@click.option("--books", type=click.IntRange(min=1000), default=search.BOOKS, show_default=True)
def _search(books: int) -> None:
    """Queries, suggestions and listings of a large generated catalogue, on SQLite and on PostgreSQL."""
    search.run(books)


@main.command("moderator")
@click.option("--count", type=click.IntRange(min=1000), default=moderator.COUNT, show_default=True)
def _moderator(count: int) -> None:
    """Admin tables with a large generated catalogue and as many orders, on SQLite and on PostgreSQL."""
    moderator.run(count)


@main.command("home")
def _home() -> None:
    """The home page, compared with an empty template with and without the same call to Recommendations."""
    home.run()


@main.command("live")
def _live() -> None:
    """A thousand open pages: the memory of live, the home page meanwhile, and how soon a change is shown."""
    live.run()


@main.command("traces")
@click.option(
    "--beside",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of another checkout, which needs the same libraries, to measure in the same run.",
)
def _traces(beside: Path | None) -> None:
    """Processor time of the home page without traces, with a hundredth of them, and with all."""
    traces.run(beside)


@main.command("reload")
@click.option(
    "--books", type=click.IntRange(min=0), default=0, help="Generate this many instead of reading BOOK_DATA."
)
def _reload(books: int) -> None:
    """Latencies of calls while the server loads a new model, and the server's unshared memory."""
    reload.run(books)


@main.command("outage")
def _outage() -> None:
    """The home page while Recommendations is killed or frozen, and its recovery."""
    outage.run()


@main.command("scale")
@click.option("--books", type=click.IntRange(min=100), default=100_000, show_default=True)
@click.option("--interactions", type=click.IntRange(min=1_000), default=10_000_000, show_default=True)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=scale.SEARCH_SECONDS,
    show_default=True,
    help="Seconds of the training that searches for parameters.",
)
def _scale(books: int, interactions: int, budget: float) -> None:
    """Import, training, start and memory on a large generated history, and how training time grows with readers."""
    scale.run(Size(books=books, interactions=interactions), budget)


if __name__ == "__main__":
    main()
