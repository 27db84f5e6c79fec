"""How much memory there is."""

import os
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where a container finds its limit, in version 2 and 1 of control groups."""


def available_bytes(meminfo: Path = MEMINFO, limits: tuple[Path, ...] = LIMITS) -> int:
    """What processes may still use: the system's free memory and caches, or a container's limit if that is less.

    Where the system does not say what is free, all its memory counts.
    """
    if meminfo.exists():
        lines = meminfo.read_text(encoding="ascii", errors="replace").splitlines()
        available = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024
    else:
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # Without a limit, the file has the word "max" or a number larger than any memory.
    given = [path.read_text(encoding="ascii").strip() for path in limits if path.exists()]
    return min([available, *(int(limit) for limit in given if limit.isdigit())])
