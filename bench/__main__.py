"""`python -m bench`."""

import sys

import click

from bench import accuracy, calls, ingestion, machine, outage
from bench.processes import python, run_apart

ALWAYS = ("accuracy", "ingestion", "calls")
"""What runs when nothing is named; an outage takes a minute and wrk."""


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure the services and print tables; without a command: accuracy, ingestion and calls."""
    if context.invoked_subcommand is not None:
        click.echo(machine.description())
        return
    for name in ALWAYS:
        # Each in a process of its own, so that none works in the memory that another left behind.
        if code := run_apart(*python("bench", name)):
            sys.exit(code)


@main.command("accuracy")
def _accuracy() -> None:
    """Recall and NDCG of the shipped model on real histories, beside popularity."""
    accuracy.run()


@main.command("ingestion")
def _ingestion() -> None:
    """Import, training and start of the server on real histories."""
    ingestion.run()


@main.command("calls")
def _calls() -> None:
    """Calls a second, latencies and processor time of Recommend beside servers that do less."""
    calls.run()


@main.command("outage")
def _outage() -> None:
    """What pages do while Recommendations is killed or frozen."""
    outage.run()


if __name__ == "__main__":
    main()
