"""Running compiled loops on all cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BLOCK = 256
"""Rows per task of a thread."""

Advance = Callable[[float], None]
"""Called with the share of the work done so far, 0 to 1."""


def in_threads(
    kernel: Callable[..., None],
    *inputs: Any,
    outputs: tuple[Any, ...],
    count: int,
    advance: Advance = lambda _share: None,
) -> None:
    """Run `kernel` on `count` rows, block by block; each block writes to its own rows of `outputs`."""

    def run_block(start: int) -> None:
        kernel(*inputs, start, min(start + BLOCK, count), *outputs)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(run_block, range(0, count, BLOCK)), 1):
            advance(min(done * BLOCK / count, 1.0))
