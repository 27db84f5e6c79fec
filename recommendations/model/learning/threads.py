"""Compiled loops on every core."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BLOCK = 256
"""Entries that one thread works on at a time."""

Advance = Callable[[float], None]
"""Hears which share of the work, of 1 in all, is done so far."""


def in_threads(
    kernel: Callable[..., None],
    *inputs: Any,
    outputs: tuple[Any, ...],
    count: int,
    advance: Advance = lambda _share: None,
) -> None:
    """Run `kernel` on blocks of `count` entries; each block writes rows of its own into `outputs`."""

    def block(start: int) -> None:
        kernel(*inputs, start, min(start + BLOCK, count), *outputs)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(block, range(0, count, BLOCK)), 1):
            advance(min(done * BLOCK / count, 1.0))
