"""Timing of queries on several databases."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from marketplace.store import Store, UnitOfWork
from servicekit.table import print_table

Query = Callable[[UnitOfWork], object]


def milliseconds(store: Store, queries: Sequence[Query]) -> npt.NDArray[np.float64]:
    """Run the queries, each in a transaction of its own; returns the milliseconds that each took."""
    seconds = []
    for query in queries:
        started = time.perf_counter()
        with store.read() as work:
            query(work)
        seconds.append(time.perf_counter() - started)
    return np.array(seconds) * 1000


def print_milliseconds(
    title: str, kinds: Collection[str], columns: Sequence[str], measured: Mapping[str, Sequence[Sequence[float]]]
) -> None:
    """Print a table with a line for each kind of query; `measured` has the columns of each kind by database."""
    head = ("ms", *(f"{database} {column}" for database in measured for column in columns))
    rows = [
        (kind, *(f"{value:.1f}" for values in measured.values() for value in values[i]))
        for i, kind in enumerate(kinds)
    ]
    print_table(title, head, rows)
