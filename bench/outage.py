"""The home page while Recommendations is killed or frozen, and the time to recovery."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click
import numpy as np

from bench.guest import Guest, Sample
from bench.load.marketplace_process import open_shop
from bench.load.processes import Sandbox
from bench.load.recommendations_process import RecommendationsFolder, wait_until_serving
from bench.load.wrk import CONNECTIONS, WrkReport, read_report, wrk_command
from servicekit.table import print_table

SECONDS = 12
FAULT_AFTER = 2.0
SAMPLERS = 4


@dataclass(frozen=True)
class Recovery:
    """Seconds from the end of the fault to SERVING, and from SERVING to the first personal page."""

    to_serving: float
    to_personal: float | None


@dataclass(frozen=True)
class Run:
    """One load on the shop: wrk's report, the guest's samples, when it began, and the recovery from the fault."""

    name: str
    wrk: WrkReport
    samples: Sequence[Sample]
    began: float
    recovery: Recovery | None


class Shop:
    """Both services with the starter catalogue, and a guest."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._folder = RecommendationsFolder(sandbox)
        self.recommendations = self._folder.serve("start")
        wait_until_serving(self.recommendations)
        shop = open_shop(sandbox, self.recommendations)
        self.url = shop.url
        self.guest = Guest(shop.port)

    def restart(self) -> None:
        """Start Recommendations again on the same port."""
        self.recommendations = self._folder.serve(port=self.recommendations.port)


def run() -> None:
    """Print latencies and failures of the home page, in total and for each second."""
    if shutil.which("wrk") is None:
        click.echo("outage: skipped: wrk is not on PATH")
        return
    with Sandbox() as sandbox:
        shop = Shop(sandbox)
        runs = [
            _run(sandbox, shop, "healthy", fault=None, mend=None),
            _run(sandbox, shop, "killed", fault=shop.recommendations.child.kill, mend=shop.restart),
            _run(
                sandbox, shop, "frozen", fault=shop.recommendations.child.freeze, mend=shop.recommendations.child.thaw
            ),
        ]
    for finished in runs:
        _print_seconds(finished)
    _print_totals(runs)


def _run(
    sandbox: Sandbox, shop: Shop, name: str, *, fault: Callable[[], None] | None, mend: Callable[[], None] | None
) -> Run:
    click.echo(f"running: {name} …")
    with shop.guest.sampling(SAMPLERS):
        shop.guest.first_personal(time.monotonic())
        began = time.monotonic()
        wrk = sandbox.start(*wrk_command(shop.url, SECONDS))
        if fault is not None:
            time.sleep(FAULT_AFTER)
            fault()
        wrk.wait()
        ended = time.monotonic()
        recovery = _recovery(shop, mend) if mend is not None else None
    samples = [sample for sample in shop.guest.samples(began) if sample.began < ended]
    return Run(name, read_report(wrk.output()), samples, began, recovery)


def _recovery(shop: Shop, mend: Callable[[], None]) -> Recovery:
    mended = time.monotonic()
    mend()
    wait_until_serving(shop.recommendations)
    serving = time.monotonic()
    personal = shop.guest.first_personal(mended)
    return Recovery(serving - mended, None if personal is None else personal - serving)


def _print_seconds(measured: Run) -> None:
    rows = []
    for second in range(SECONDS):
        within = [sample for sample in measured.samples if second <= sample.began - measured.began < second + 1]
        p50, p99 = _percentiles(within)
        fresh = sum(sample.personal for sample in within) / max(len(within), 1)
        rows.append((str(second), str(len(within)), p50, p99, str(_bad(within)), f"{fresh:.0%}"))
    fault = "" if measured.recovery is None else f", {measured.name} after {FAULT_AFTER:g} s"
    columns = ("second", "samples", "p50 ms", "p99 ms", "not 200", "personal")
    print_table(f"The home page of a guest under {CONNECTIONS} connections of wrk{fault}", columns, rows)


def _print_totals(runs: Sequence[Run]) -> None:
    columns = (
        *("Recommendations", "pages/s", "p50", "p99", "not 2xx/3xx", "socket errors"),
        *("before", "first s", "later", "not 200", "SERVING s", "personal s"),
    )
    print_table(
        "The home page in an outage: wrk | samples of a guest, p99 ms | recovery", columns, list(map(_row, runs))
    )
    click.echo(
        f"pages/s to socket errors: wrk, {CONNECTIONS} connections, {SECONDS} s.\n"
        "before, first s, later: p99 in ms of samples begun before the fault, in the second after it, after that.\n"
        "SERVING s: from the end of the fault (restart, SIGCONT) until health says SERVING.\n"
        "personal s: from then to the guest's first fresh personal page (negative: the page came before SERVING)."
    )


def _row(measured: Run) -> Sequence[str]:
    parts = [
        [sample for sample in measured.samples if start <= sample.began - measured.began < stop]
        for start, stop in ((0.0, FAULT_AFTER), (FAULT_AFTER, FAULT_AFTER + 1), (FAULT_AFTER + 1, float("inf")))
    ]
    wrk, recovery = measured.wrk, measured.recovery
    personal = recovery.to_personal if recovery is not None else None
    return (
        *(measured.name, f"{wrk.rate:,.0f}", wrk.p50, wrk.p99, str(wrk.bad_answers), str(wrk.socket_errors)),
        *(_percentiles(part)[1] for part in parts),
        f"{_bad(measured.samples)} of {len(measured.samples):,}",
        "–" if recovery is None else f"{recovery.to_serving:.2f}",
        "–" if recovery is None else "never" if personal is None else f"{personal:.2f}",
    )


def _percentiles(samples: Sequence[Sample]) -> tuple[str, str]:
    if not samples:
        return "–", "–"
    p50, p99 = np.percentile([(sample.ended - sample.began) * 1000 for sample in samples], [50, 99])
    return f"{p50:.0f}", f"{p99:.0f}"


def _bad(samples: Sequence[Sample]) -> int:
    return sum(sample.status != 200 for sample in samples)
