"""What traces cost the shop: processor time of the home page without them and with them."""

import shutil
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import click

from bench.home import Row, become_guest
from bench.load.marketplace_process import open_shop
from bench.load.processes import PROJECT, Sandbox
from bench.load.recommendations_process import RecommendationsFolder, wait_until_serving
from bench.load.wrk import CONNECTIONS
from servicekit.table import print_table

ROUNDS = 5
ALTERNATIONS = 4
"""How often each row is measured in a round: other load on the machine comes and goes."""
COLUMNS = (
    "home page of a guest",
    "server µs",
    "lowest",
    "highest",
    "of off",
    "lowest of off",
    "highest of off",
    "failed",
)


@dataclass(frozen=True)
class Variant:
    """A shop to measure, and its further settings."""

    name: str
    settings: dict[str, str] = field(default_factory=dict)
    checkout: Path = PROJECT


def run(beside: Path | None) -> None:
    """Print processor time for each page; `beside` is the folder of another checkout."""
    if shutil.which("wrk") is None:
        click.echo("traces: skipped: wrk is not on PATH")
        return
    with Sandbox() as sandbox, collector() as endpoint:
        recommendations = RecommendationsFolder(sandbox).serve("start")
        wait_until_serving(recommendations)
        rows = []
        for number, variant in enumerate(variants(endpoint, beside)):
            shop = open_shop(
                sandbox,
                recommendations,
                variant.settings,
                name=f"marketplace-{number}",
                checkout=variant.checkout,
            )
            rows.append(Row(variant.name, shop.child, f"{shop.url}/", become_guest(shop.url)))
        click.echo("measuring …")
        for row in rows:
            row.warm_up(sandbox)
        for number in range(ROUNDS * ALTERNATIONS):
            # In both directions, so that none always comes after the same one.
            for row in rows if number % 2 == 0 else reversed(rows):
                row.measure(sandbox)
    print_table(
        f"Traces: {CONNECTIONS} connections of wrk, {ROUNDS} rounds", COLUMNS, [_cells(row, rows[0]) for row in rows]
    )
    click.echo(
        "server µs: processor time of the shop for each page, user and system, of all threads: the median, lowest\n"
        "and highest of the rounds. of off: the same of the ratios to the first row, each within its round. The\n"
        "collector takes everything."
    )


def variants(endpoint: str, beside: Path | None) -> Sequence[Variant]:
    """The shops to compare, the first of which all are divided by."""
    on = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}
    return [
        Variant("without traces (off)"),
        Variant("off again"),
        *([] if beside is None else [Variant(f"off, {beside}", checkout=beside.resolve())]),
        Variant("one trace in a hundred", {**on, "OTEL_TRACES_SAMPLER_ARG": "0.01"}),
        Variant("every trace", {**on, "OTEL_TRACES_SAMPLER_ARG": "1"}),
    ]


@contextmanager
def collector() -> Iterator[str]:
    """A collector that takes every request and keeps nothing; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _cells(row: Row, off: Row) -> Sequence[str]:
    rounds = _rounds(row)
    ratios = [seconds / base for seconds, base in zip(rounds, _rounds(off), strict=True)]
    return (
        row.name,
        *(f"{of(rounds) * 1e6:,.0f}" for of in (statistics.median, min, max)),
        *("–" if row is off else f"{of(ratios):.3f}" for of in (statistics.median, min, max)),
        str(sum(report.bad_answers + report.socket_errors for report in row.reports)),
    )


def _rounds(row: Row) -> list[float]:
    """Processor time per page, the mean of each round."""
    return [
        statistics.fmean(row.cpu_seconds[first : first + ALTERNATIONS])
        for first in range(0, len(row.cpu_seconds), ALTERNATIONS)
    ]
