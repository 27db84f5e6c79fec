"""Samples of what a process uses, and how fast that grows."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import psutil

MOST_MB_PER_HOUR = 10.0
MOST_MORE = 5
"""By how many the open files and threads may differ between the begin and the end: connections come and go."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process uses at a moment, in seconds since the begin; `uss_mb` is what no other process shares."""

    seconds: float
    rss_mb: float
    uss_mb: float
    pss_mb: float
    files: int
    threads: int

    @classmethod
    def of(cls, process: psutil.Process, seconds: float) -> Self:
        memory = process.memory_full_info()
        return cls(
            seconds,
            memory.rss / 1e6,
            memory.uss / 1e6,
            memory.pss / 1e6,
            process.num_fds(),
            process.num_threads(),
        )

    def __str__(self) -> str:
        return (
            f"rss {self.rss_mb:6.1f} MB, uss {self.uss_mb:6.1f} MB, pss {self.pss_mb:6.1f} MB, "
            f"{self.files} files, {self.threads} threads"
        )


@dataclass(frozen=True, slots=True)
class Growth:
    """How the memory of a process grew, by least squares, and its files and threads, from the first to the last third
    of the samples."""

    rss_mb_per_hour: float
    uss_mb_per_hour: float
    pss_mb_per_hour: float
    more_files: float
    more_threads: float

    @property
    def is_bounded(self) -> bool:
        """Whether it is within the limits; USS and PSS do not count: they change with other processes' libraries."""
        return self.rss_mb_per_hour <= MOST_MB_PER_HOUR and max(self.more_files, self.more_threads) <= MOST_MORE

    def __str__(self) -> str:
        return (
            f"rss {self.rss_mb_per_hour:+.1f} MB/h, uss {self.uss_mb_per_hour:+.1f} MB/h, "
            f"pss {self.pss_mb_per_hour:+.1f} MB/h, files {self.more_files:+g}, threads {self.more_threads:+g}"
        )


def growth_of(samples: Sequence[Sample]) -> Growth:
    """The growth over at least three samples."""
    third = len(samples) // 3
    first, last = samples[:third], samples[-third:]
    hours = [sample.seconds / 3600 for sample in samples]

    def slope(values: list[float]) -> float:
        return statistics.linear_regression(hours, values).slope

    return Growth(
        rss_mb_per_hour=slope([sample.rss_mb for sample in samples]),
        uss_mb_per_hour=slope([sample.uss_mb for sample in samples]),
        pss_mb_per_hour=slope([sample.pss_mb for sample in samples]),
        more_files=statistics.median(sample.files for sample in last)
        - statistics.median(sample.files for sample in first),
        more_threads=statistics.median(sample.threads for sample in last)
        - statistics.median(sample.threads for sample in first),
    )
