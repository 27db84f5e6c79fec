"""Measures the time of a training, and the peak memory of its process."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class TrainingCost:
    """Wall-clock seconds, and the peak resident memory of the whole process in megabytes (2²⁰ bytes)."""

    train_seconds: float
    peak_mb: float


class Meter:
    """Measures from its creation on; its process should do nothing but train."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def read(self) -> TrainingCost:
        """The cost so far."""
        return TrainingCost(time.perf_counter() - self._started, peak_mb())


def peak_mb() -> float:
    """Peak memory of this process, including Python and its libraries, in megabytes."""
    # Not ru_maxrss on Linux, where a child inherits the peak of the process that started it.
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes
