"""What a server answers in time when more calls come than it can answer."""

import os
import time
from collections.abc import Sequence

import click
import numpy as np
import psutil

from bench.calls import METHOD, cycled_requests, shuffled_readers
from bench.data.book_data import amazon_book
from bench.load.generator import generate_load
from bench.load.open_loop import Outcome, offer_with_deadline
from bench.load.processes import Sandbox
from bench.load.recommendations_process import RecommendationsFolder, import_and_train, wait_until_serving
from servicekit.table import print_table

CONNECTIONS = 32
DEADLINES = (1.0, 0.1)
SHARES = (0.7, 1.0, 2.0, 3.0)
"""The rates, as parts of the capacity."""
SECONDS = 5.0
PAUSE_SECONDS = 1.0
COLUMNS = (
    *("deadline s", "of capacity", "calls/s", "useful/s", "of the peak", "p50 ms", "p99 ms"),
    *("refused", "late", "expired", "lists", "useful a list"),
)


def run(connections: int = CONNECTIONS) -> None:
    """Print useful answers a second at several rates, and how many lists were computed for each."""
    data = amazon_book("overload")
    if data is None:
        return
    with Sandbox() as sandbox:
        click.echo("importing and training …")
        folder = RecommendationsFolder(sandbox)
        import_and_train(folder, data.books, data.interactions)
        lists = sandbox.folder / "lists"
        lists.touch()
        server = folder.serve(module=("bench.load.counted_server", str(lists)))
        wait_until_serving(server)
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            psutil.Process(server.child.pid).cpu_affinity([0])
            os.sched_setaffinity(0, {1})
        messages = cycled_requests(shuffled_readers(data))
        click.echo("measuring …")
        for _ in range(3):
            load = generate_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=2.0)
        capacity = len(load.latencies) / load.seconds
        cells: list[Sequence[str]] = []
        for deadline in DEADLINES:
            peak = 0.0
            for share in SHARES:
                before = lists.stat().st_size
                outcome = offer_with_deadline(
                    server.port,
                    METHOD,
                    messages,
                    connections=connections,
                    seconds=SECONDS,
                    rate=share * capacity,
                    deadline=deadline,
                )
                time.sleep(PAUSE_SECONDS)
                peak = max(peak, len(outcome.useful) / outcome.seconds)
                cells.append(_cells(outcome, deadline, share, peak, lists.stat().st_size - before))
    title = f"Overload: {connections} connections, {SECONDS:g} s a row, capacity {capacity:,.0f} calls/s"
    print_table(title, COLUMNS, cells)
    click.echo(
        f"capacity: of {CONNECTIONS} callers who wait for each answer. useful: answered before the deadline. of the\n"
        "peak: beside the greatest number of useful answers a second so far with that deadline. expired: without an\n"
        "answer. lists: how many the server computed. The server has one core, the load generator another."
    )


def _cells(outcome: Outcome, deadline: float, share: float, peak: float, lists: int) -> Sequence[str]:
    useful = len(outcome.useful)
    calls = useful + outcome.late + outcome.refused + outcome.expired + outcome.unsent
    p50, p99 = np.percentile(np.multiply(outcome.useful or [np.nan], 1000), [50, 99])
    rate = useful / outcome.seconds
    return (
        *(f"{deadline:g}", f"{share:g}", f"{calls / outcome.seconds:,.0f}", f"{rate:,.0f}", f"{rate / peak:.2f}"),
        *(f"{p50:.1f}", f"{p99:.1f}", f"{outcome.refused:,}", f"{outcome.late:,}"),
        *(f"{outcome.expired + outcome.unsent:,}", f"{lists:,}", f"{useful / max(lists, 1):.2f}"),
    )
