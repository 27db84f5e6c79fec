"""The machine on which the benchmarks run."""

import os
import platform
from importlib.metadata import version


def description() -> str:
    """One line with the cores, the load, the system and the versions of important libraries."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("grpcio", "protobuf", "numpy"))
    return (
        f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}), {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {packages}"
    )
