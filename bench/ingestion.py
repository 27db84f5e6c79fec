"""How long it takes from a bookseller's files to a model being served."""

import re
import time
from collections.abc import Sequence

import click

from bench.data.book_data import amazon_book
from bench.load.processes import Finished, Sandbox
from bench.load.recommendations_process import RecommendationsFolder, wait_until_serving
from servicekit.table import print_table

_IMPORTED = re.compile(r": ([\d,]+) (?:books|interactions), ")


def run() -> None:
    """Print the costs of importing, training and starting, each in its own process, on an empty SQLite database."""
    data = amazon_book("ingestion")
    if data is None:
        return
    with Sandbox() as sandbox:
        folder = RecommendationsFolder(sandbox)
        rows = [
            row("migrate an empty database", folder.run("migrate")),
            row("import books.csv", folder.run("import", "--books", str(data.books))),
            row("import interactions.csv.gz", folder.run("import", "--interactions", str(data.interactions))),
            row("import it again", folder.run("import", "--interactions", str(data.interactions))),
            row("train", folder.run("train")),
        ]
        started = time.perf_counter()
        server = folder.serve()
        listening = time.perf_counter() - started
        wait_until_serving(server)
        serving = time.perf_counter() - started
        memory = f"{server.child.resident_mb():.0f}"
        rows.append(("serve: until it listens", "–", f"{listening:.2f}", "–", "–"))
        rows.append(("serve: until health says SERVING", "–", f"{serving:.2f}", "–", memory))
    print_table("Ingestion of Amazon-Book into SQLite", ("command", "rows", "seconds", "rows/s", "peak MB"), rows)
    click.echo("Whole processes are timed, including the start of Python. peak MB of serve: when it serves.")


def row(command: str, finished: Finished) -> Sequence[str]:
    """A row of the table: imported rows (if any), seconds, rows a second and peak memory of a command."""
    memory = f"{finished.peak_mb:.0f}"
    imported = _IMPORTED.search(finished.output)
    if imported is None:
        return command, "–", f"{finished.seconds:.2f}", "–", memory
    rows = int(imported[1].replace(",", ""))
    return command, f"{rows:,}", f"{finished.seconds:.2f}", f"{rows / finished.seconds:,.0f}", memory
