"""What a training costs: its seconds, and the most memory that its process ever held."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Cost:
    """Wall-clock seconds, and megabytes (2²⁰ bytes) of resident memory at the peak of the whole process."""

    train_seconds: float
    peak_mb: float


class Meter:
    """Counts seconds from its making; its process is to do nothing but the training."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def read(self) -> Cost:
        """What it cost so far."""
        return Cost(time.perf_counter() - self._started, peak_mb())


def peak_mb() -> float:
    """The most memory that this process ever held, Python and its libraries included, in megabytes."""
    # Not ru_maxrss where there is better: on Linux a child inherits in it the peak of the process that started it.
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes
