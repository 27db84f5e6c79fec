"""After an hour of mixed load the shop and Recommendations use what they used after ten minutes."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from bench.load.generator import ConnectionLost, offer_load
from marketplace.settings import Settings
from marketplace.store import open_store
from tests.drills import is_running
from tests.e2e.processes import Pair, start_pair
from tests.e2e.selling.buyers import sign_up
from tests.e2e.soak.calls import SHARES, messages
from tests.e2e.soak.growth import Sample, growth_of
from tests.e2e.soak.visits import Visits

MINUTES = float(os.environ.get("MINUTES", "60"))
PAGES_PER_SECOND = float(os.environ.get("PAGES", "15"))
CALLS_PER_SECOND = float(os.environ.get("CALLS", "100"))
WARM_UP_MINUTES = min(10.0, MINUTES / 4)
SAMPLE_SECONDS = 10.0
ACCOUNTS = 20
VISITORS = 4
SLICE_SECONDS = 20.0
"""Of calls on the same connections, which the server closes after some minutes."""


@pytest.mark.slow
@pytest.mark.skipif(not is_running("soak"), reason="takes an hour: make drill soak")
def test_nothing_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory grows by at most 10 MB an hour after ten minutes, files and threads not at all; no answer is 5xx."""
    monkeypatch.setenv("MARKETPLACE_PROXIES", "1")
    with ExitStack() as stack:
        pair = start_pair(tmp_path, stack)
        stack.callback(report_errors, pair)
        statuses: Counter[int] = Counter()
        calls: Counter[str] = Counter()
        samples: dict[str, list[Sample]] = {"shop": [], "recommendations": []}
        with running([*visiting(pair, statuses), *calling(pair, calls)]) as check:
            begin = time.monotonic()
            while (elapsed := time.monotonic() - begin) < MINUTES * 60:
                for name, pid in (("shop", pair.marketplace.pid), ("recommendations", pair.recommendations.pid)):
                    samples[name].append(Sample.of(psutil.Process(pid), elapsed))
                    report(f"{elapsed:6.0f} s {name:<16}{samples[name][-1]}")
                check()
                time.sleep(SAMPLE_SECONDS)
    report(f"pages by status: {dict(sorted(statuses.items()))}; calls: {dict(sorted(calls.items()))}")
    growths = {name: growth_of(after_warm_up(taken)) for name, taken in samples.items()}
    for name, growth in growths.items():
        report(f"{name}: {growth}")
    assert all(growth.is_bounded for growth in growths.values()), growths
    assert not [status for status in statuses if status >= 500]
    assert calls["failed"] <= sum(calls.values()) / 100


def after_warm_up(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.seconds >= WARM_UP_MINUTES * 60]


def report_errors(pair: Pair) -> None:
    for line in (*pair.marketplace.log, *pair.recommendations.log):
        if "level=error" in line:
            report(line.rstrip())


def report(line: str) -> None:
    print(line, flush=True)  # noqa: T201  (a drill shows what it measures)


Work = Callable[[threading.Event], None]


@contextmanager
def running(works: list[Work]) -> Iterator[Callable[[], None]]:
    """Run these in threads during the block; yields what raises the first failure of one."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(works)) as pool:
        started = [pool.submit(work, stop) for work in works]

        def check() -> None:
            for work in started:
                if work.done():
                    work.result()

        try:
            yield check
        finally:
            stop.set()
    check()


def visiting(pair: Pair, statuses: Counter[int]) -> list[Work]:
    """Visitors who together load so many pages a second, whether or not the last ones have been answered."""
    settings = Settings(data_dir=pair.folder / "marketplace")
    store = open_store(settings.database)
    accounts = sign_up(settings, store, ACCOUNTS)
    store.close()

    def work(number: int) -> Work:
        visits = Visits(pair.shop.rstrip("/"), accounts[number::VISITORS], statuses, seed=number)

        def visit(stop: threading.Event) -> None:
            due = time.monotonic()
            while not stop.wait(max(0.0, due - time.monotonic())):
                due += visits.visit() * VISITORS / PAGES_PER_SECOND

        return visit

    return [work(number) for number in range(VISITORS)]


def calling(pair: Pair, calls: Counter[str]) -> list[Work]:
    """Callers who together call all methods so many times a second."""

    def work(method: str, share: float) -> Work:
        requests = messages(method)

        def call(stop: threading.Event) -> None:
            while not stop.is_set():
                try:
                    load = offer_load(
                        pair.recommendations.port,
                        f"/Recommendations/{method}",
                        requests,
                        connections=2 if share >= 0.1 else 1,
                        seconds=SLICE_SECONDS,
                        rate=share * CALLS_PER_SECOND,
                    )
                except ConnectionLost:
                    calls["connections lost"] += 1
                    continue
                calls["answered"] += len(load.latencies)
                calls["failed"] += load.failed

        return call

    return [work(method, share) for method, share in SHARES.items()]
